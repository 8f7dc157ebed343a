import { expect, onTestFinished, test } from 'vitest'
import { createBackbeat } from '../src/index.ts'
import { openStore } from '../src/open-store.ts'
import { echo } from './fixtures/app.ts'
import { usePostgres } from './postgres.ts'

const postgres = usePostgres()
const cli = { name: 'cli:root', requestId: null, address: null }

test('a worker removes entries of the audit log that are older than they are kept', async () => {
  const url = postgres.storeUrl()
  const backbeat = createBackbeat({ store: url, tasks: [echo], auditRetention: 0, worker: { lease: '1s' } })
  onTestFinished(() => backbeat.close())
  const { users } = await backbeat.openAccess()
  await users.add({ name: 'ana', role: 'admin', password: 'correct horse battery' }, cli)
  const store = await openStore(url)
  onTestFinished(() => store.close())
  const actions = async () => (await store.access.auditLog({}, { limit: 10 })).entries.map(({ action }) => action)
  expect(await actions()).toEqual(['user.create'])
  await backbeat.startWorker()
  await expect.poll(actions, { timeout: 10_000 }).toEqual([])
})

test('a retention that is no time is refused at once', () => {
  const create = () => createBackbeat({ store: 'sqlite::memory:', tasks: [echo], auditRetention: 'a year' as '365d' })
  expect(create).toThrow(expect.objectContaining({ code: 'invalid_duration' }))
})
