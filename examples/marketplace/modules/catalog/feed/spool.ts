import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chunksOf } from './chunks.ts'
import { FeedError } from './errors.ts'

export interface SpoolOptions {
  /** Default: the system's folder for temporary files. */
  folder?: string
  /** Default: 512 MB. */
  maxBytes?: number
}

const DEFAULT_MAX_BYTES = 512 * 1024 * 1024

/**
 * A feed as it was when it was fetched, in a temporary file that can be read several times. The
 * file has no name any more once it is open, so that nothing is left behind however the import ends.
 */
export class Spool {
  readonly #file: FileHandle
  readonly #path: string
  readonly #maxBytes: number

  private constructor(file: FileHandle, path: string, maxBytes: number) {
    this.#file = file
    this.#path = path
    this.#maxBytes = maxBytes
  }

  static async create({ folder = tmpdir(), maxBytes = DEFAULT_MAX_BYTES }: SpoolOptions = {}): Promise<Spool> {
    const path = join(folder, `product-feed-${randomUUID()}.csv`)
    const spool = new Spool(await open(path, 'wx+', 0o600), path, maxBytes)
    // Where an open file cannot be removed, it goes when the spool is closed.
    await rm(path, { force: true }).catch(() => undefined)
    return spool
  }

  /**
   * Keeps all that passes through.
   *
   * @throws FeedError `feed_too_large`
   */
  async *keep(chunks: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
    let bytes = 0
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > this.#maxBytes) {
        throw new FeedError(
          'feed_too_large',
          `The feed is larger than ${Math.floor(this.#maxBytes / 1024 / 1024)} MB. Split it into several.`,
        )
      }
      await this.#file.appendFile(chunk)
      onBytes(bytes)
      yield chunk
    }
  }

  /** The whole feed from its beginning. */
  read(): AsyncIterable<Uint8Array> {
    return chunksOf(this.#file)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
    await rm(this.#path, { force: true })
  }
}
