/** A target in the words of the configuration, which are also its name in logs, tables, figures and JSON. */
import type { Target } from './model.ts';

const host = (address: string): string => (address.includes(':') ? `[${address}]` : address);

export const nameTarget = (target: Target): string => {
  switch (target.kind) {
    case 'gateway':
      return 'gateway';
    case 'address':
      return target.address;
    case 'tcp':
      return `tcp:${host(target.address)}:${target.port}`;
    case 'dns':
      return `dns:${host(target.address)}/${target.name}`;
    case 'exec':
      return `exec:${target.command.join(' ')}`;
  }
};
