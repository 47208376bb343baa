// Stage: plan → orders. Numbers and checksums as the characters of a client order id.
// Invariant: each value has one text of a given width, and a changed character changes the checksum.

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Characters of a checksum. */
export const CHECK_LENGTH = 6;

/** CRC-32 of ASCII text: its four bytes in base64url (RFC 4648), which leaves four zero bits. */
export const checksum = (text: string): string => toDigits(BigInt(crc32(text)) << 4n, CHECK_LENGTH);

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

/** The count that base64url digits write. The text must be of that alphabet. */
export function fromDigits(digits: string): bigint {
  let count = 0n;
  for (const digit of digits) count = count * 64n + BigInt(DIGITS.indexOf(digit));
  return count;
}

/** How many base64url digits a count needs, at least one. */
export const digitsIn = (count: bigint): number => Math.ceil(count.toString(2).length / 6);

/** CRC-32/ISO-HDLC, the one of zip files, so that anyone can check an id with common tools. */
function crc32(text: string): number {
  let crc = -1;
  for (let index = 0; index < text.length; index += 1) {
    crc ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
