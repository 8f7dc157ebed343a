import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describeStore } from '../store.conformance.ts'
import { openSqliteStore } from './open.ts'

const folder = mkdtempSync(join(tmpdir(), 'backbeat-store-'))
let files = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeStore('SQLite in a file', async ({ url = `sqlite:${join(folder, `${++files}.db`)}`, ...options }) =>
  openSqliteStore(url, options),
)
describeStore('SQLite in memory', async ({ url = 'sqlite::memory:', ...options }) => openSqliteStore(url, options))
