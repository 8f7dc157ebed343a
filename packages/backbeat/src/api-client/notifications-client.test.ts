import { afterEach, beforeEach, expect, test } from 'vitest'
import { echo, flaky, type HttpHarness, openHttp, TOKEN } from '../http/harness.conformance.ts'
import { createBackbeatClient, type NotificationsClient } from './index.ts'

let http: HttpHarness
let notifications: NotificationsClient

beforeEach(async () => {
  http = await openHttp()
  ;({ notifications } = createBackbeatClient({
    baseUrl: 'http://backbeat.test',
    token: TOKEN,
    fetch: (input, init) => http.respond(new Request(input, init)),
  }))
})
afterEach(() => http.store.close())

test('the client lists notifications, and reads and dismisses them', async () => {
  await http.failed(echo)
  http.clock.advance('1s')
  await http.failed(flaky)
  const { items, unread_count } = await notifications.page({ limit: 1 })
  expect([unread_count, items.map(({ task_type }) => task_type)]).toEqual([2, ['payments.process']])
  const [seen] = items
  if (!seen) throw new Error('there is none')
  await http.failed(flaky)
  expect(await notifications.markRead(seen)).toMatchObject({ count: 2, unread_count: 1 })
  const tasks: string[] = []
  for await (const { task_type } of notifications.list({ limit: 1, unread: true })) tasks.push(task_type)
  expect(tasks).toEqual(['payments.process', 'demo.echo'])
  expect(await notifications.dismiss(seen.id)).toBeUndefined()
  await expect(notifications.dismiss(seen.id)).rejects.toMatchObject({ code: 'unknown_notification', status: 404 })
  expect(await notifications.markAllRead(new Date(0))).toEqual({ read: 0, unread_count: 1 })
  expect(await notifications.markAllRead()).toEqual({ read: 1, unread_count: 0 })
  expect((await notifications.page({ mine: true })).items).toEqual([])
})
