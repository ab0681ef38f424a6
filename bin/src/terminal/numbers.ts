/** Numbers as people read them. */

export const count = (value: number): string => Math.round(value).toLocaleString("en-US");

/** `1 text`, `2,000 texts`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** A speed: a decimal where it is small. */
export const rate = (value: number): string => (value < 100 ? value.toFixed(1) : count(value));

/** A part of a memory, both in MiB. */
export const memoryOf = (used: number, total: number): string =>
  total >= 1024
    ? `${(used / 1024).toFixed(1)} of ${(total / 1024).toFixed(1)} GiB`
    : `${Math.round(used)} of ${Math.round(total)} MiB`;

/** Seconds as `m:ss` or `h:mm:ss`. */
export function clock(seconds: number): string {
  const whole = Math.max(Math.round(seconds), 0);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
