import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BackbeatError } from 'backbeat'
import { ProductRepository } from './modules/catalog/service.ts'

/** Each entry brings the shop's tables one version further. Entries are only ever added. */
const MIGRATIONS = [
  `CREATE TABLE products (
     shop        TEXT NOT NULL,
     sku         TEXT NOT NULL,
     title       TEXT NOT NULL,
     description TEXT NOT NULL,
     price_cents INTEGER NOT NULL,
     stock       INTEGER,
     revision    INTEGER NOT NULL,
     created_at  INTEGER NOT NULL,
     updated_at  INTEGER NOT NULL,
     PRIMARY KEY (shop, sku)
   ) STRICT, WITHOUT ROWID`,
]

const BUSY_TIMEOUT_MS = 10_000
const RETRY_MS = 5

/** The shop's own database, with a repository for each module. One connection; threads open their own. */
export class ShopDatabase {
  readonly products: ProductRepository
  readonly #sql: DatabaseSync

  constructor(sql: DatabaseSync) {
    this.#sql = sql
    this.products = new ProductRepository(sql)
  }

  close(): void {
    this.#sql.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/**
 * Opens the shop's database, and creates it or brings its tables up to date where needed. Safe to
 * call from several threads and processes at once.
 *
 * @throws BackbeatError `shop_database_too_new` where a newer version of the shop wrote it
 */
export function openShopDatabase(file: string): ShopDatabase {
  mkdirSync(dirname(file), { recursive: true })
  const sql = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
  try {
    whenFree(() => sql.exec('PRAGMA journal_mode = WAL'))
    sql.exec('PRAGMA synchronous = NORMAL')
    migrate(sql, file)
    return new ShopDatabase(sql)
  } catch (error) {
    sql.close()
    throw error
  }
}

/**
 * SQLite does not wait for its busy timeout where two connections switch a new database to WAL at
 * once; one of them is refused on the spot.
 */
function whenFree(attempt: () => void): void {
  const deadline = Date.now() + BUSY_TIMEOUT_MS
  for (;;) {
    try {
      attempt()
      return
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
}

function isBusy(error: unknown): boolean {
  // Extended result codes carry the plain one, 5, in their lowest byte.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5
}

function migrate(sql: DatabaseSync, file: string): void {
  if (versionOf(sql) === MIGRATIONS.length) return
  // The version is read again under the write lock: another connection may have been faster.
  sql.exec('BEGIN IMMEDIATE')
  try {
    const version = versionOf(sql)
    if (version > MIGRATIONS.length) {
      throw new BackbeatError(
        'shop_database_too_new',
        `The shop's database ${file} was written by a newer version of the shop. Update the shop, or give another file.`,
      )
    }
    for (const migration of MIGRATIONS.slice(version)) sql.exec(migration)
    sql.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
    sql.exec('COMMIT')
  } catch (error) {
    sql.exec('ROLLBACK')
    throw error
  }
}

function versionOf(sql: DatabaseSync): number {
  return Number(sql.prepare('PRAGMA user_version').get()?.user_version)
}
