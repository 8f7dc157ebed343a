import { isUtf8 } from 'node:buffer'

/** One physical line of a feed, without its line end. */
export interface FeedLine {
  /** From 1. */
  number: number
  text: string
  /** False where the bytes are not UTF-8; `text` then has U+FFFD in place of what is wrong. */
  isUtf8: boolean
  /** The line is longer than {@link MAX_LINE_BYTES}; `text` is its beginning. */
  isTooLong: boolean
}

/** A longer line is not kept in memory. */
export const MAX_LINE_BYTES = 64 * 1024

const NEWLINE = 10
const CARRIAGE_RETURN = 13
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Cuts a stream of bytes into lines that end with LF or CRLF. Bytes are decoded a line at a time,
 * so that a character is whole wherever the stream was cut into chunks. Memory is bounded.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FeedLine> {
  const line = new LineBuffer()
  for await (const chunk of chunks) {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start)
      if (end === -1) break
      line.append(chunk.subarray(start, end))
      yield line.take()
      start = end + 1
    }
    line.append(chunk.subarray(start))
  }
  if (!line.isEmpty) yield line.take()
}

/** Gathers the pieces of one line. */
class LineBuffer {
  #pieces: Uint8Array[] = []
  #length = 0
  #isTooLong = false
  #number = 1

  get isEmpty(): boolean {
    return this.#length === 0
  }

  append(piece: Uint8Array): void {
    const room = MAX_LINE_BYTES - this.#length
    if (piece.length > room) this.#isTooLong = true
    const kept = piece.subarray(0, room)
    if (kept.length === 0) return
    this.#pieces.push(kept)
    this.#length += kept.length
  }

  take(): FeedLine {
    const bytes = trimmed(Buffer.concat(this.#pieces), this.#number)
    const line = { number: this.#number, text: bytes.toString(), isUtf8: isUtf8(bytes), isTooLong: this.#isTooLong }
    this.#pieces = []
    this.#length = 0
    this.#isTooLong = false
    this.#number += 1
    return line
  }
}

function trimmed(bytes: Buffer, number: number): Buffer {
  const hasMark = number === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)
  const start = hasMark ? BYTE_ORDER_MARK.length : 0
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length
  return bytes.subarray(start, end)
}
