/** Float32 numbers as bytes and as decimals. */

/** The bytes of a block of numbers, not copied. Every platform that Node runs on is little-endian. */
export function floatBytes(numbers) {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Powers of ten that a double holds exactly: a whole number below 2^53 over one of them is rounded once. */
const EXACT_POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** A short decimal that reads back as the same float: `0.1`, not `0.10000000149011612`. */
export function shortest(number) {
  const size = Math.abs(number);
  if (size < 1e-12 || size >= 1e6) return widest(number);
  const magnitude = Math.floor(Math.log10(size));
  for (let digits = 7; digits <= 9; digits += 1) {
    const power = EXACT_POWERS[digits - 1 - magnitude];
    const short = Math.round(number * power) / power;
    if (Math.fround(short) === number) return String(short);
  }
  return widest(number);
}

/** Nine digits tell any two floats apart. */
function widest(number) {
  return Object.is(number, -0) ? "-0" : String(Number(number.toPrecision(9)));
}
