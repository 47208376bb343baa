// Stage: plan → orders. Numbers and checksums as the characters of a client order id.
// Invariant: each value has one text of a given width, and a changed character changes the checksum.

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Characters of a checksum. */
export const CHECK_LENGTH = 6;

/** CRC-32 of ASCII text: its four bytes in base64url (RFC 4648), which leaves four zero bits. */
export function checksum(text: string): string {
  const crc = crc32(text);
  // Five digits of the upper 30 bits, and one of the last two.
  let digits = '';
  for (let shift = 26; shift >= 2; shift -= 6) digits += DIGITS.charAt((crc >>> shift) & 63);
  return digits + DIGITS.charAt((crc & 3) << 4);
}

/** The lowest `width` base64url digits of a count, most significant first. */
export function toDigits(count: bigint, width: number): string {
  let text = '';
  let rest = count;
  while (text.length < width) {
    text = DIGITS.charAt(Number(rest & 63n)) + text;
    rest >>= 6n;
  }
  return text;
}

/** The bytes that hexadecimal digits write in base64url: two digits for each three, no padding. */
export function hexToDigits(hex: string): string {
  let digits = '';
  for (let at = 0; at < hex.length; at += 3) {
    const three = hex.slice(at, at + 3);
    const bits = Number.parseInt(three.padEnd(3, '0'), 16);
    digits += DIGITS.charAt(bits >>> 6);
    if (three.length > 1) digits += DIGITS.charAt(bits & 63);
  }
  return digits;
}

/** The count that base64url digits write. The text must be of that alphabet. */
export function fromDigits(digits: string): bigint {
  let count = 0n;
  for (const digit of digits) count = count * 64n + BigInt(DIGITS.indexOf(digit));
  return count;
}

/** How many base64url digits a count needs, at least one. */
export const digitsIn = (count: bigint): number => Math.ceil(count.toString(2).length / 6);

/** Of each byte, what eight steps of the division make of it. */
const CRC_STEPS = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** CRC-32/ISO-HDLC, the one of zip files, so that anyone can check an id with common tools. */
function crc32(text: string): number {
  let crc = -1;
  for (let index = 0; index < text.length; index += 1) {
    const mixed = crc ^ text.charCodeAt(index);
    crc = (mixed >>> 8) ^ (CRC_STEPS[mixed & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
