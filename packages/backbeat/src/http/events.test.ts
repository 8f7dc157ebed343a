import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { echo, type HttpHarness, JOBS, leaseOf, NO_JOB, openHttp, productImport } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(async () => {
  await http.client.events.close()
  await http.store.close()
})

interface Block {
  id?: string
  event?: string
  // biome-ignore lint/suspicious/noExplicitAny: data of every shape is looked into
  data?: any
  retry?: string
  comment?: string
}

/** Reads a stream of Server-Sent Events block by block. */
class Reading {
  readonly response: Response
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ''

  constructor(response: Response) {
    this.response = response
    if (!response.body) throw new Error('no body')
    this.#reader = response.body.getReader()
  }

  lastId: string | undefined

  /** The next block; `undefined` at the end. */
  async next(): Promise<Block | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const block = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        const parsed = parse(block)
        this.lastId = parsed.id ?? this.lastId
        return parsed
      }
      const { done, value } = await this.#reader.read()
      if (done) return undefined
      this.#text += this.#decoder.decode(value, { stream: true })
    }
  }

  /** The next block of an event. */
  async event(): Promise<Block | undefined> {
    for (;;) {
      const block = await this.next()
      if (!block || block.event) return block
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel()
  }
}

function parse(block: string): Block {
  const parsed: Record<string, unknown> = {}
  for (const line of block.split('\n')) {
    const [name = '', value] = line.split(/: ?(.*)/s, 2)
    parsed[name || 'comment'] = name === 'data' ? JSON.parse(value ?? '') : value
  }
  return parsed
}

async function follow(path: string, headers: Record<string, string> = {}): Promise<Reading> {
  return new Reading(await http.open('GET', path, { headers }))
}

describe('the events of a filter', () => {
  test('begin with a place to go on from, and are the jobs as the list presents them', async () => {
    const reading = await follow(`${JOBS}/events?task_type=demo.echo`)
    expect(reading.response.status).toBe(200)
    expect(Object.fromEntries(reading.response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    expect(await reading.next()).toEqual({ retry: '3000' })
    const ready = await reading.next()
    expect(ready).toEqual({ id: ready?.id, event: 'ready', data: { position: ready?.id } })
    await http.enqueue(productImport, { shop: 'nord' })
    const id = await http.enqueue()
    const [listed] = (await http.get(`${JOBS}?task_type=demo.echo`)).json.items
    expect(await reading.next()).toEqual({ id: expect.any(String), event: 'job', data: listed })
    expect(listed.id).toBe(id)
    expect(reading.lastId).toBe(await http.store.changePosition())
  })

  test('tell how far a job is', async () => {
    const reading = await follow(`${JOBS}/events?status=running,completed`)
    await reading.event()
    const job = await http.start()
    await http.store.report([
      { lease: leaseOf(job), report: { progress: { percent: 40, message: 'two of five', meta: null }, logs: [] } },
    ])
    let told: Block | undefined
    do told = await reading.event()
    while (told?.data.progress_percent !== 40)
    expect(told.data).toMatchObject({ id: job.jobId, status: 'running', progress_message: 'two of five' })
  })

  test('say which jobs leave the states that were asked for', async () => {
    const job = await http.start()
    const reading = await follow(`${JOBS}/events?status=running`)
    await reading.event()
    await http.end(job, { kind: 'success', result: null, warnings: [] })
    expect(await reading.event()).toMatchObject({ event: 'left', data: { id: job.jobId, status: 'completed' } })
  })

  test.each([
    ['the header', (id: string) => [`${JOBS}/events`, { 'last-event-id': id }]],
    ['the query', (id: string) => [`${JOBS}/events?last_event_id=${encodeURIComponent(id)}`, {}]],
    ['the header rather than the query', (id: string) => [`${JOBS}/events?last_event_id=x`, { 'last-event-id': id }]],
  ] satisfies [string, (id: string) => [string, Record<string, string>]][])(
    'go on without a gap from the id in %s',
    async (_, request) => {
      const first = await follow(`${JOBS}/events`)
      const { id = '' } = (await first.event()) ?? {}
      await first.cancel()
      const missed = [await http.failed(), await http.completed()]
      const [path, headers] = request(id)
      const again = await follow(path, headers)
      const told = [await again.event(), await again.event()]
      expect(told.map((block) => [block?.event, block?.data.id, block?.data.status]).sort()).toEqual(
        [
          ['job', missed[0], 'failed'],
          ['job', missed[1], 'completed'],
        ].sort(),
      )
    },
  )

  test('say when one was away for too long', async () => {
    const reading = await follow(`${JOBS}/events`, { 'last-event-id': 'long ago' })
    const reset = await reading.event()
    expect(reset).toEqual({ id: reset?.id, event: 'reset', data: { position: reset?.id } })
    const id = await http.enqueue()
    expect(await reading.event()).toMatchObject({ event: 'job', data: { id } })
  })

  test('show that the connection is alive, with an id that stays usable', async () => {
    const reading = await follow(`${JOBS}/events`)
    await reading.event()
    let block: Block | undefined
    const next = reading.next().then((read) => {
      block = read
    })
    const beat = () => {
      http.clock.advance('1s')
      return block
    }
    await expect.poll(beat, { interval: 5 }).toEqual({ id: expect.any(String), comment: 'heartbeat' })
    await next
  })

  test('leave no listener behind', async () => {
    const readings = await Promise.all(Array.from({ length: 5 }, () => follow(`${JOBS}/events`)))
    for (const reading of readings) await reading.event()
    const waiting = readings.map((reading) => reading.next())
    expect(http.client.events.stats.listeners).toBe(5)
    for (const reading of readings) await reading.cancel()
    await Promise.all(waiting)
    expect(http.client.events.stats.listeners).toBe(0)
    await http.open('GET', `${JOBS}/events`)
    expect((await http.send('HEAD', `${JOBS}/events`)).status).toBe(200)
    expect(http.client.events.stats.listeners).toBe(0)
  })

  test('end when the server closes', async () => {
    const reading = await follow(`${JOBS}/events`)
    await reading.event()
    const end = reading.next()
    await http.client.events.close()
    expect(await end).toBeUndefined()
  })

  test('are for those who may see jobs, and for filters that make sense', async () => {
    expect((await http.send('GET', `${JOBS}/events`, { token: null })).status).toBe(401)
    for (const query of ['status=nonsense', 'shop=nord', 'q=', `last_event_id=${'1'.repeat(20_001)}`]) {
      expect(await http.get(`${JOBS}/events?${query}`)).toMatchObject({ status: 422, json: { code: 'invalid_query' } })
    }
    expect((await http.get(`${JOBS}/events?job_id=nonsense`)).status).toBe(404)
    expect((await http.post(`${JOBS}/events`)).status).toBe(405)
  })
})

describe('the events of one job', () => {
  test('begin with the job as it is, and end when it rests', async () => {
    const job = await http.start()
    const reading = await follow(`${JOBS}/${job.jobId}/events`)
    expect(await reading.event()).toMatchObject({ event: 'job', data: { id: job.jobId, status: 'running' } })
    await http.enqueue(echo)
    await http.end(job, { kind: 'success', result: null, warnings: [] })
    const last = await reading.event()
    expect(last).toMatchObject({ event: 'job', data: { id: job.jobId, status: 'completed' } })
    expect(await reading.next()).toBeUndefined()
    expect(http.client.events.stats.listeners).toBe(0)
    // A browser connects again; that is the end of it.
    const again = await http.send('GET', `${JOBS}/${job.jobId}/events`, {
      headers: { 'last-event-id': last?.id ?? '' },
    })
    expect(again).toMatchObject({ status: 204, text: '' })
  })

  test('are one for a job that rests already, also for one who was away', async () => {
    const id = await http.failed()
    for (const headers of [{}, { 'last-event-id': '1' }]) {
      const reading = await follow(`${JOBS}/${id}/events`, headers as Record<string, string>)
      expect(await reading.event()).toMatchObject({ event: 'job', data: { id, status: 'failed' } })
      expect(await reading.next()).toBeUndefined()
    }
  })

  test('are refused where there is no such job', async () => {
    for (const id of [NO_JOB, 'nonsense']) {
      expect(await http.get(`${JOBS}/${id}/events`)).toMatchObject({ status: 404, json: { code: 'unknown_job' } })
    }
  })
})
