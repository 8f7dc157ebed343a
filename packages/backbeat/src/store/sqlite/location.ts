import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { BackbeatError } from '../../errors.ts'

export type Synchronous = 'normal' | 'full'

/** Where a SQLite database is, and how it is written to. */
export interface Location {
  /** What to open: a file's path, or the address of a database in this process's memory. */
  target: string | URL
  /** The folder that must exist first; `null` in memory. */
  file: string | null
  synchronous: Synchronous
  /** Opens the same database again, from elsewhere. */
  url: string
}

const FORMS = 'Write sqlite:<file>, such as sqlite:.data/backbeat.db, or sqlite::memory:'

/**
 * Reads `sqlite:<file>`, `sqlite::memory:` (a new database) and `sqlite:memory:<name>` (one that
 * this process has open), each with an optional `?synchronous=normal|full`. A file's path is
 * relative to the working folder and stands for itself: nothing in it is decoded.
 *
 * @throws BackbeatError `invalid_store_url`
 */
export function parseLocation(url: string): Location {
  if (!url.startsWith('sqlite:')) throw invalid(`It does not start with sqlite:. ${FORMS}.`)
  const [path = '', query = ''] = url.slice('sqlite:'.length).split(/\?(.*)/s, 2)
  const synchronous = parseSynchronous(query)
  const suffix = synchronous === 'full' ? '?synchronous=full' : ''
  if (path === ':memory:') return inMemory(randomUUID(), synchronous, suffix)
  if (path.startsWith('memory:')) return inMemory(path.slice('memory:'.length), synchronous, suffix)
  if (path === '') throw invalid(`It names no file. ${FORMS}.`)
  if (/^\/\/[^/]/.test(path)) throw invalid(`A file has no host; two slashes are one too many or too few. ${FORMS}.`)
  if (path.includes('\0')) throw invalid(`A path cannot contain a NUL. ${FORMS}.`)
  const file = resolve(path)
  return { target: file, file, synchronous, url: `sqlite:${file}${suffix}` }
}

function inMemory(name: string, synchronous: Synchronous, suffix: string): Location {
  if (!/^[\w-]{1,100}$/.test(name)) throw invalid(`sqlite:memory: needs a name of letters, digits, - or _. ${FORMS}.`)
  // The leading slash makes the database one that all connections of the process share.
  const target = new URL(`file:/backbeat-${name}?vfs=memdb`)
  return { target, file: null, synchronous, url: `sqlite:memory:${name}${suffix}` }
}

function parseSynchronous(query: string): Synchronous {
  const options = new URLSearchParams(query)
  for (const name of options.keys()) {
    if (name !== 'synchronous') throw invalid(`It has the unknown option "${name}"; there is only synchronous.`)
  }
  const synchronous = options.get('synchronous') ?? 'normal'
  if (synchronous !== 'normal' && synchronous !== 'full') {
    throw invalid(`synchronous is "${synchronous}"; it can be normal (the default) or full.`)
  }
  return synchronous
}

function invalid(what: string): BackbeatError {
  return new BackbeatError('invalid_store_url', `The store's URL cannot be used. ${what}`)
}
