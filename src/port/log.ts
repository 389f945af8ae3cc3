/** Port: where lines for people go. */

/** syslog(3)'s words. */
export type Severity = 'debug' | 'info' | 'notice' | 'warning' | 'err';

export interface Log {
  write(severity: Severity, text: string): void;
}
