import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { quoted } from '../product.ts'
import { chunksOf } from './chunks.ts'
import { FeedError } from './errors.ts'

/** Whether a text names a file inside a folder, by its form: relative, and no step leads upwards. */
export function isFeedFileName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[\0-\x1f\x7f\\:]/.test(name)) return false
  return name.split('/').every((step) => step !== '' && step !== '.' && step !== '..')
}

/**
 * Streams a feed from the folder of allowed feeds. Links are followed only where they stay inside.
 *
 * @throws FeedError `feed_not_allowed`, `feed_not_found`, `feed_unreadable`
 */
export async function* readFeedFile(folder: string, name: string): AsyncGenerator<Uint8Array> {
  const file = await openInside(folder, name)
  try {
    // A pipe or a device would never end.
    if (!(await file.stat()).isFile()) throw unreadable(name, 'it is not a file')
    yield* chunksOf(file)
  } catch (error) {
    throw error instanceof FeedError ? error : unreadable(name, String(error), error)
  } finally {
    await file.close()
  }
}

async function openInside(folder: string, name: string): Promise<FileHandle> {
  if (!isFeedFileName(name)) throw notAllowed(name)
  try {
    const root = await realpath(folder)
    const file = await realpath(join(root, name))
    const inside = relative(root, file)
    if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw notAllowed(name)
    // The resolved path has no link left in it; one put there since is not followed. Not waiting
    // keeps a named pipe from blocking. Windows knows neither flag.
    return await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if (error instanceof FeedError) throw error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const advice = 'Put it there, or correct the name.'
      throw new FeedError('feed_not_found', `The feeds folder has no file ${quoted(name)}. ${advice}`, { cause: error })
    }
    throw unreadable(name, typeof code === 'string' ? code : String(error), error)
  }
}

function notAllowed(name: string): FeedError {
  return new FeedError(
    'feed_not_allowed',
    `The file ${quoted(name)} is not inside the feeds folder. Give a path relative to that folder, such as nord/today.csv.`,
  )
}

function unreadable(name: string, reason: string, cause?: unknown): FeedError {
  return new FeedError(
    'feed_unreadable',
    `The feed ${quoted(name)} cannot be read: ${reason}. Check its permissions.`,
    {
      cause,
    },
  )
}
