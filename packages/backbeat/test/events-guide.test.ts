import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runInNewContext } from 'node:vm'
import { pino } from 'pino'
import { EventSource } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { createBackbeat, toNodeHandler } from '../src/index.ts'
import { echo } from './fixtures/app.ts'

const GUIDE = new URL('../../../docs/guides/events.md', import.meta.url)
const WAIT = { timeout: 20_000, interval: 20 }

interface Page {
  jobs: Map<string, { status: string }>
  source: EventSource
}

/** Runs the guide's script as a page of that origin would. */
function openPage(origin: string): Page {
  const script = /```js\n(.*?)```/s.exec(readFileSync(GUIDE, 'utf8'))?.[1]
  if (!script) throw new Error('The guide has no script')
  const page: Page = runInNewContext(`${script}\n;({ jobs, source })`, {
    EventSource: class extends EventSource {
      constructor(path: string) {
        super(`${origin}${path}`)
      }
    },
    fetch: (path: string) => fetch(`${origin}${path}`),
  })
  onTestFinished(() => page.source.close())
  return page
}

test("the guide's page has every job of its shop, also those of while it was cut off", async () => {
  const backbeat = createBackbeat({
    store: 'sqlite::memory:',
    tasks: [echo],
    adminToken: '',
    logger: pino({ level: 'silent' }),
  })
  onTestFinished(() => backbeat.close())
  await backbeat.expose({ host: '127.0.0.1' })
  const server = createServer(toNodeHandler(backbeat))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  onTestFinished(() => server.closeAllConnections())
  const enqueue = async (tag: string) => (await backbeat.enqueue(echo, { text: 'a' }, { tags: [tag] })).id

  const before = await enqueue('shop=nord')
  const { jobs } = openPage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const statuses = () => Object.fromEntries([...jobs].map(([id, { status }]) => [id, status]))
  await expect.poll(statuses, WAIT).toEqual({ [before]: 'pending' })

  const after = await enqueue('shop=nord')
  await expect.poll(statuses, WAIT).toEqual({ [before]: 'pending', [after]: 'pending' })

  server.closeAllConnections()
  await enqueue('shop=sud')
  const meanwhile = await enqueue('shop=nord')
  await backbeat.startWorker()
  const completed = { [before]: 'completed', [after]: 'completed', [meanwhile]: 'completed' }
  await expect.poll(statuses, WAIT).toEqual(completed)
})
