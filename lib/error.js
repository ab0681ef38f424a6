/** The one error class of the package; `code` is for programs, the message for people. */
export class GpuBridgeError extends Error {
  /** @param {object} failure what went wrong; `cause` is what made the caller abort */
  constructor({ code, message, status, host, retryAfter, attempts, cause }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (status != null) this.status = status;
    if (host != null) this.host = host;
    if (retryAfter != null) this.retryAfter = retryAfter;
    this.attempts = attempts ?? [];
  }
}
Object.defineProperty(GpuBridgeError.prototype, "name", {
  value: "GpuBridgeError",
  configurable: true,
  writable: true,
});
