/**
 * How far files are padded before they are sealed, so that their lengths say little: Padmé (Nikitin, Barman, Lueks,
 * Underwood, Hubaux, Ford: Reducing Metadata Leakage from Encrypted Files and Communication with PURBs, PoPETs 2019,
 * https://bford.info/pub/sec/purb.pdf). A length keeps as many significant bits as its own logarithm has: at most 12 % are
 * added, about 3 % on average, and of L bytes only O(log log L) bits are told.
 */

/** Below this all files look alike. Bytes. */
export const PADDED_BYTES_MIN = 4096

/** The length of a file's plaintext with its padding. Bytes. */
export function paddedLength(contentBytes: number, paddedBytesMin = PADDED_BYTES_MIN): number {
  return padme(Math.max(contentBytes, paddedBytesMin))
}

/** @param length at least 2 */
function padme(length: number): number {
  const exponent = floorLog2(length)
  const significantBits = floorLog2(exponent) + 1
  const step = 2 ** Math.max(0, exponent - significantBits)
  return Math.ceil(length / step) * step
}

/** `Math.log2` rounds, and near powers of two the wrong way. */
function floorLog2(value: number): number {
  let exponent = 0
  while (2 ** (exponent + 1) <= value) exponent++
  return exponent
}
