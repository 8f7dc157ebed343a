import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Pooler, startPooler } from '../../../test/pooler.ts'
import { usePostgres } from '../../../test/postgres.ts'
import { systemClock } from '../../clock.ts'
import { newJob } from '../conformance/fixtures.conformance.ts'
import { describeStore } from '../store.conformance.ts'
import type { StoreChange } from '../store.ts'
import { PostgresConnection } from './connection.ts'
import { loadPg } from './library.ts'
import { Listening } from './listening.ts'
import { parseLocation } from './location.ts'
import { Notifier } from './notifier.ts'
import { openPostgresStore } from './open.ts'

const postgres = usePostgres()
let pooler: Pooler
beforeAll(async () => {
  const { hostname, port } = new URL(postgres.storeUrl())
  pooler = await startPooler({ host: hostname, port: Number(port || 5432) })
})
afterAll(() => pooler.stop())

function pooledUrl(options: Record<string, string> = {}): string {
  const url = new URL(postgres.storeUrl(options))
  url.hostname = '127.0.0.1'
  url.port = String(pooler.port)
  return url.href
}

describeStore(
  'Postgres behind a pooler in transaction mode',
  async ({ url = pooledUrl({ listen: 'false' }), ...options }) => openPostgresStore(url, options),
)

test('a pooler that drops notifications is found out, and changes are looked for instead', async () => {
  const url = pooledUrl()
  const connection = new PostgresConnection(await loadPg(), parseLocation(url))
  expect(await Listening.start(connection, new Notifier(connection, systemClock), () => {})).toBeUndefined()
  await connection.close()

  const [one, other] = [await openPostgresStore(url), await openPostgresStore(url)]
  await one.migrate()
  const heard: StoreChange[] = []
  other.subscribe((change) => heard.push(change))
  await one.insert([newJob()])
  await expect.poll(() => heard, { timeout: 5000 }).toContain('elsewhere')
  await one.close()
  await other.close()
})

test('a statement cannot take longer behind a pooler either', async () => {
  const store = await openPostgresStore(pooledUrl({ timeout: '300ms' }))
  await store.migrate()
  const holder = await postgres.connect()
  await holder.query(`BEGIN; LOCK TABLE "${postgres.schemaOf(store.url)}".backbeat_jobs IN ACCESS EXCLUSIVE MODE`)
  await expect(store.insert([newJob()])).rejects.toMatchObject({ code: 'store_busy' })
  await expect(store.list({}, { limit: 1 })).rejects.toMatchObject({ code: 'store_busy' })
  await holder.query('ROLLBACK')
  expect(await store.insert([newJob()])).toMatchObject([{ inserted: true }])
  await store.close()
})
