import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { BackbeatError } from './errors.ts'
import { processSecret } from './redaction/process-secret.ts'
import { Vault } from './redaction/vault.ts'

export interface VaultOptions {
  /** One or several, separated by commas: the first seals, any of them opens. */
  secret: string | undefined
  /** The store's URL. */
  store: string
  isProduction: boolean
}

/**
 * What seals the sensitive parts of inputs. Without a secret, records in memory get one that ends
 * with the process, and those in a SQLite file one that is kept beside it, readable by its owner
 * only; in production, and where machines share a database, there is none.
 */
export function openVault({ secret, store, isProduction }: VaultOptions): Vault {
  const secrets = (secret ?? '').split(',').filter(Boolean)
  if (secrets.length > 0) return new Vault(() => secrets)
  if (/^sqlite::?memory:/.test(store)) {
    const shared = processSecret()
    return new Vault(() => [shared])
  }
  const file = isProduction ? undefined : keyFileOf(store)
  return new Vault(() => (file === undefined ? [] : [keptIn(file)]))
}

function keyFileOf(store: string): string | undefined {
  const [path] = store.startsWith('sqlite:') ? store.slice('sqlite:'.length).split('?') : []
  return path ? `${resolve(path)}.key` : undefined
}

/** The first of several processes makes it; it is there whole, or not at all. */
function keptIn(file: string): string {
  const known = read(file)
  if (known !== undefined) return known
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(draft, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
    linkSync(draft, file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new BackbeatError(
        'secret_missing',
        `The secret for sensitive inputs cannot be kept in ${file}. Set BACKBEAT_SECRET (secret), or let this process write there.`,
        { cause },
      )
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return read(file) ?? keptIn(file)
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
