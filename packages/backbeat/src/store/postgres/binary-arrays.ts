// Lists of values in the form in which Postgres sends and receives arrays (`array_recv` in its arrayfuncs.c): to
// parse ids out of a text takes the server longer than to store them in an index. The driver sends a Buffer as it is.

const UUID_OID = 2950
const TEXT_OID = 25
const BIGINT_OID = 20
const HEADER_BYTES = 20
const LENGTH_BYTES = 4
const UUID_BYTES = 16
const BIGINT_BYTES = 8

/** The value of each hexadecimal digit, by its character's code. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? 0 : digit
})
const HYPHEN = 0x2d

/** A `uuid[]`. @param ids UUIDs as text, in the usual form with hyphens */
export function uuidArray(ids: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + ids.length * (LENGTH_BYTES + UUID_BYTES))
  let at = writeHeader(bytes, UUID_OID, ids.length)
  for (const id of ids) {
    at = bytes.writeInt32BE(UUID_BYTES, at)
    for (let place = 0; place < id.length; place += 2) {
      if (id.charCodeAt(place) === HYPHEN) place += 1
      bytes[at++] = ((DIGITS[id.charCodeAt(place)] as number) << 4) | (DIGITS[id.charCodeAt(place + 1)] as number)
    }
  }
  return bytes
}

/** A `bigint[]`. @param numbers none of them below zero, and each exact */
export function bigintArray(numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + numbers.length * (LENGTH_BYTES + BIGINT_BYTES))
  let at = writeHeader(bytes, BIGINT_OID, numbers.length)
  for (const number of numbers) {
    at = bytes.writeInt32BE(BIGINT_BYTES, at)
    at = bytes.writeUInt32BE(Math.floor(number / 2 ** 32), at)
    at = bytes.writeUInt32BE(number % 2 ** 32, at)
  }
  return bytes
}

/** A `text[]`. @param texts without NUL and lone surrogates, which no text of Postgres may have */
export function textArray(texts: readonly string[]): Buffer {
  const size = texts.reduce((sum, text) => sum + LENGTH_BYTES + Buffer.byteLength(text), HEADER_BYTES)
  const bytes = Buffer.allocUnsafe(size)
  let at = writeHeader(bytes, TEXT_OID, texts.length)
  for (const text of texts) {
    const length = bytes.write(text, at + LENGTH_BYTES)
    bytes.writeInt32BE(length, at)
    at += LENGTH_BYTES + length
  }
  return bytes
}

/** One dimension without nulls, counted from 1. Returns where the values begin. */
function writeHeader(bytes: Buffer, oid: number, count: number): number {
  let at = 0
  for (const word of [1, 0, oid, count, 1]) at = bytes.writeInt32BE(word, at)
  return at
}
