import { BackbeatError } from '../../errors.ts'

interface Fault {
  code: string
  what: string
  status?: number
}

/** By SQLite's primary result code, https://sqlite.org/rescode.html. */
const FAULTS: Record<number, Fault> = {
  5: {
    code: 'store_busy',
    what: 'is busy: another process has been writing for longer than the wait allows. Try again; look for a process that holds a long transaction.',
  },
  8: {
    code: 'store_read_only',
    what: 'cannot be written to. Give this process the right to write the file and its folder.',
  },
  10: {
    code: 'store_unavailable',
    what: 'cannot be read or written: the disk answered with an error. Check the disk.',
  },
  11: { code: 'store_corrupt', what: 'is damaged. Stop every process that uses it and restore a backup.' },
  13: {
    code: 'store_full',
    what: 'cannot grow: the disk is full. Free some space; what was being written was undone.',
  },
  14: {
    code: 'store_unavailable',
    what: 'cannot be opened. Check that the path is a file in a folder that this process may write to.',
  },
  26: { code: 'store_not_a_database', what: 'is not a SQLite database. Check the path, or move the file away.' },
}
const LOCKED = 6
const BUSY = 5

/** A fault of SQLite as a coded error that says what to do; anything else stays as it is. */
export function explainFault(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown)) return thrown
  if (thrown.code === 'ERR_INVALID_STATE') {
    return coded('store_closed', 'is closed. Stop what uses the store before closing it.', url, thrown)
  }
  if (thrown.code !== 'ERR_SQLITE_ERROR' || !('errcode' in thrown)) return thrown
  if (/^no such (table|column)/.test(thrown.message)) {
    return coded('store_not_migrated', 'lacks tables of Backbeat. Call migrate() before using the store.', url, thrown)
  }
  const primary = Number(thrown.errcode) & 0xff
  const fault = FAULTS[primary === LOCKED ? BUSY : primary]
  return fault ? coded(fault.code, fault.what, url, thrown) : thrown
}

/** Whether another connection held a lock for too long. */
export function isBusy(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return false
  const primary = Number(thrown.errcode) & 0xff
  return primary === BUSY || primary === LOCKED
}

function coded(code: string, what: string, url: string, cause: Error): BackbeatError {
  return new BackbeatError(code, `The store ${url} ${what} (SQLite: ${cause.message})`, { cause, status: 503 })
}
