/**
 * What machine an addon is for, by its first bytes, so that a mislabelled file is found before it is published.
 * Sources: the ELF, Mach-O and PE formats.
 */

const ELF = { 0x3e: "linux-x64", 0xb7: "linux-arm64" };
const MACH_O = { 0x01000007: "darwin-x64", 0x0100000c: "darwin-arm64" };
const PE = { 0x8664: "win32-x64", 0xaa64: "win32-arm64" };

/** Such as `linux-x64`; `undefined` for anything that is no addon of a platform we release. */
export function platformOf(bytes) {
  if (bytes.length < 64) return undefined;
  if (bytes.readUInt32BE(0) === 0x7f454c46) return ELF[bytes.readUInt16LE(18)];
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return MACH_O[bytes.readUInt32LE(4)];
  if (bytes.readUInt16BE(0) === 0x4d5a) return PE[machineOfPe(bytes)];
  return undefined;
}

/** The PE header starts where the DOS header says, with four bytes of its own. */
function machineOfPe(bytes) {
  const header = bytes.readUInt32LE(60);
  return header + 6 <= bytes.length ? bytes.readUInt16LE(header + 4) : undefined;
}
