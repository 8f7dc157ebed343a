import type { FileHandle } from 'node:fs/promises'

const CHUNK_BYTES = 64 * 1024

/** Reads an open file from its beginning, and leaves it open. Each chunk is memory of its own. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(CHUNK_BYTES), 0, CHUNK_BYTES, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
