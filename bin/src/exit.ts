/** The exit codes of the commands. */
export const EXIT = {
  /** Done as asked. */
  done: 0,
  /** It failed, or not all hosts serve. */
  failed: 1,
  /** `status`: no host serves. */
  none: 2,
  /** Wrong usage, or a config that can't be used. As `sysexits.h` has it. */
  usage: 64,
  /** Ended by Ctrl-C or SIGTERM. As shells have it. */
  interrupted: 130,
} as const;
