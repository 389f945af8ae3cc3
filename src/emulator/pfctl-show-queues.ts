/** pfctl -s queue: the queues as the kernel has them, each interface's own, with -v what has left by them (sbin/pfctl/pfctl_queue.c). */
import { orderQueues } from './pf-queue.ts';
import type { Shown } from './pfctl-show.ts';
import type { Router } from './router.ts';

/** hfsc.c HFSC_DEFAULT_QLIMIT. */
const LENGTH = 50;

/** With -vv pfctl goes on for ever, every five seconds, which nothing here waits for. */
export const showQueues = (router: Router, nic: string | null, verbosity: number): Shown => {
  const queues = orderQueues(router.firewall.queues);
  if (queues.length === 0) return { out: '' };
  if (verbosity > 1) return { out: '', err: 'pfctl: emulator: -s queue -vv not known\n', code: 1 };
  const pad = (value: number, width: number): string => String(value).padStart(width);
  const counts = (on: string, name: string): string => {
    const { packets, bytes } = router.queues.get(on, name);
    return `  [ pkts: ${pad(packets, 10)}  bytes: ${pad(bytes, 10)}  dropped pkts: ${pad(0, 6)} bytes: ${pad(0, 6)} ]\n`;
  };
  return {
    out: queues
      .filter((one) => nic === null || one.interface === nic)
      .map(({ interface: on, definition: { name, text, limit } }) =>
        verbosity === 0
          ? `${text}\n`
          : `${text}\n${counts(on, name)}  [ qlength: ${pad(0, 3)}/${pad(limit ?? LENGTH, 3)} ]\n`,
      )
      .join(''),
  };
};
