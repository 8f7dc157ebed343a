import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Servers } from './servers/keeper.ts'

/** What the figures were measured on. */
export interface Machine {
  cpu: string
  cores: number
  memoryGb: number
  system: string
  /** Of the folder that the databases were in; `tmpfs` means that nothing was ever synced to a disk. */
  filesystem: string
  /** How busy the machine was before the bench began: processes that wanted to run, over a minute. */
  load: number
  node: string
  servers: Record<string, string>
  libraries: Record<string, string>
  /** Whether Backbeat ran as it is published, or from its source, which costs memory and time at the start. */
  backbeat: 'built' | 'source'
  /** `dirty` where something was changed since. */
  commit: string
}

const LIBRARIES = ['graphile-worker', 'pg-boss', 'bullmq', 'pg', 'ioredis']
const POSTGRES_SETTINGS = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'shared_buffers',
  'max_wal_size',
  'autovacuum',
]
const FILESYSTEMS: Record<number, string> = {
  61267: 'ext4',
  16914836: 'tmpfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlayfs',
}

export async function describeMachine(servers: Servers): Promise<Machine> {
  const { type: filesystem } = await statfs(servers.folder)
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    filesystem: FILESYSTEMS[filesystem] ?? `type 0x${filesystem.toString(16)}`,
    load: loadavg()[0] ?? 0,
    node: process.version,
    servers: { ...(await describeServers(servers)), SQLite: describeSqlite() },
    libraries: Object.fromEntries(LIBRARIES.map((name) => [name, versionOf(name)])),
    backbeat: import.meta.resolve('backbeat').endsWith('.ts') ? 'source' : 'built',
    commit: describeCommit(),
  }
}

async function describeServers({ postgres, redis }: Servers): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: postgres })
  await client.connect()
  const ask = async (name: string) => {
    const { rows } = await client.query('SELECT current_setting($1) AS value', [name])
    return rows[0].value
  }
  const settings = await sequence(POSTGRES_SETTINGS, async (name) => `${name} ${await ask(name)}`)
  const Postgres = `${await ask('server_version')} (${settings.join(', ')})`
  await client.end()
  if (redis === null) return { Postgres }
  const connection = new Redis(redis)
  const info = await connection.info('server')
  connection.disconnect()
  return { Postgres, Redis: `${/redis_version:(\S+)/.exec(info)?.[1]} (no snapshots, no append-only file)` }
}

async function sequence<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const value of values) results.push(await work(value))
  return results
}

function describeSqlite(): string {
  const database = new DatabaseSync(':memory:')
  const version = database.prepare('SELECT sqlite_version() AS version').get()?.version
  database.close()
  return `${version} (write-ahead log, synchronous normal: synced at checkpoints, as Backbeat does by default)`
}

/** As installed for the bench. */
function versionOf(name: string): string {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? []
  for (const path of paths) {
    try {
      return JSON.parse(readFileSync(`${path}/${name}/package.json`, 'utf8')).version
    } catch {
      // Installed further up.
    }
  }
  return 'unknown'
}

function describeCommit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ' dirty')
  } catch {
    return 'unknown'
  }
}
