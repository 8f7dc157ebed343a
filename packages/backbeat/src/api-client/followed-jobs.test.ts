import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { echo, flaky, type HttpHarness, NO_JOB, openHttp, TOKEN } from '../http/harness.conformance.ts'
import { BackbeatApiError, createBackbeatClient, type FollowOptions, type JobEvent } from './index.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(async () => {
  await http.client.events.close()
  await http.store.close()
})

/** The app over a line that can be cut, and what was sent over it. */
class Line {
  readonly sent: Request[] = []
  #cut: (() => void) | undefined
  /** What stands in for the next answers. */
  readonly answers: (Response | Error)[] = []

  readonly client = createBackbeatClient({
    baseUrl: 'http://backbeat.test',
    token: TOKEN,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      this.sent.push(request)
      const answer = this.answers.shift()
      if (answer instanceof Error) throw answer
      return answer ?? this.#cuttable(await http.respond(request))
    },
  })

  cut(): void {
    this.#cut?.()
  }

  #cuttable(response: Response): Response {
    if (!response.body) return response
    const reader = response.body.getReader()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#cut = () => {
          controller.error(new TypeError('terminated'))
          void reader.cancel()
        }
      },
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => reader.cancel(),
    })
    return new Response(body, response)
  }
}

const QUICKLY: FollowOptions = { retryMs: 1 }

async function next(events: AsyncGenerator<JobEvent, void>): Promise<JobEvent> {
  const { value } = await events.next()
  if (!value) throw new Error('The events have ended')
  return value
}

/** The next event of a job that is in a state. */
async function heard(events: AsyncGenerator<JobEvent, void>, id: string, status: string): Promise<JobEvent> {
  for (;;) {
    const event = await next(events)
    if (event.type === 'job' && event.job.id === id && event.job.status === status) return event
  }
}

const failureOf = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error)

describe('the events of a filter', () => {
  test('begin with where to go on from, and are what fits', async () => {
    const events = new Line().client.events({ task_type: 'demo.echo' })
    expect(await next(events)).toEqual({ type: 'ready', id: expect.stringMatching(/./) })
    await http.enqueue(flaky)
    const id = await http.enqueue(echo)
    expect(await next(events)).toMatchObject({ type: 'job', job: { id, task_type: 'demo.echo', status: 'pending' } })
    await events.return()
    expect(http.client.events.stats.listeners).toBe(0)
  })

  test('say which jobs left the state that was asked for', async () => {
    const events = new Line().client.events({ status: 'running' })
    await next(events)
    const job = await http.start()
    await heard(events, job.jobId, 'running')
    await http.end(job, { kind: 'success', result: null, warnings: [] })
    expect(await next(events)).toMatchObject({ type: 'left', job: { id: job.jobId, status: 'completed' } })
    await events.return()
  })

  test('go on without a gap where the connection was cut', async () => {
    const line = new Line()
    const events = line.client.events({}, QUICKLY)
    await next(events)
    for (let round = 0; round < 5; round += 1) {
      const before = await http.enqueue()
      await heard(events, before, 'pending')
      line.cut()
      const job = await http.start()
      await http.end(job, { kind: 'success', result: null, warnings: [] })
      await heard(events, job.jobId, 'completed')
    }
    expect(line.sent).toHaveLength(6)
    expect(line.sent.slice(1).every(({ headers }) => headers.get('last-event-id'))).toBe(true)
    await events.return()
  })

  test('go on from the id that is given', async () => {
    const first = new Line().client.events()
    const { id: lastEventId } = await next(first)
    await first.return()
    const id = await http.enqueue()
    const events = new Line().client.events({}, { lastEventId })
    expect(await next(events)).toMatchObject({ type: 'job', job: { id } })
    await events.return()
  })

  test('begin anew with a reset where too much is missing', async () => {
    const events = new Line().client.events({}, { lastEventId: 'long-ago' })
    expect((await next(events)).type).toBe('reset')
    await events.return()
  })

  test('outlast a server that is away for a while', async () => {
    const line = new Line()
    const events = line.client.events({}, QUICKLY)
    await next(events)
    const id = await http.enqueue()
    line.answers.push(new TypeError('fetch failed'), new Response('<html>', { status: 502 }), new TypeError('again'))
    line.cut()
    await heard(events, id, 'pending')
    expect(line.sent).toHaveLength(5)
    await events.return()
  })

  test('are asked for again where nothing comes over the connection any more', async () => {
    const line = new Line()
    const dead = new ReadableStream()
    line.answers.push(new Response(dead, { headers: { 'content-type': 'text/event-stream' } }))
    const events = line.client.events({}, { ...QUICKLY, silenceMs: 5 })
    expect((await next(events)).type).toBe('ready')
    expect(line.sent.length).toBeGreaterThan(1)
    await events.return()
  })

  test('end with what the server refuses, and where it was never reached', async () => {
    const line = new Line()
    expect(await failureOf(next(line.client.events({ status: 'no such' }, QUICKLY)))).toMatchObject({ status: 422 })
    line.answers.push(new TypeError('fetch failed'))
    expect(await failureOf(next(line.client.events({}, QUICKLY)))).toEqual(new TypeError('fetch failed'))
    line.answers.push(new Response('hello'))
    expect(await failureOf(next(line.client.events({}, QUICKLY)))).toMatchObject({ code: 'unexpected_answer' })
    const events = line.client.events({}, QUICKLY)
    await next(events)
    const problem = { type: '/', title: '', status: 401, code: 'unauthenticated', detail: 'Sign in.' }
    line.answers.push(Response.json(problem, { status: 401 }))
    line.cut()
    expect(await failureOf(next(events))).toBeInstanceOf(BackbeatApiError)
  })

  test('end when they are told to', async () => {
    const controller = new AbortController()
    const line = new Line()
    const events = line.client.events({}, { signal: controller.signal })
    await next(events)
    const waiting = failureOf(next(events))
    controller.abort(new Error('enough'))
    expect(await waiting).toEqual(new Error('enough'))
    await expect.poll(() => http.client.events.stats.listeners).toBe(0)
    expect(await failureOf(next(line.client.events({}, { signal: controller.signal })))).toEqual(new Error('enough'))
    expect(line.sent).toHaveLength(1)
  })
})

describe('the events of one job', () => {
  test('are the job as it is and at each change, until it rests, whatever is cut', async () => {
    const line = new Line()
    const job = await http.start()
    const events = line.client.events(job.jobId, QUICKLY)
    await heard(events, job.jobId, 'running')
    line.cut()
    await heard(events, job.jobId, 'running')
    await http.end(job, { kind: 'success', result: null, warnings: [] })
    const last = await next(events)
    expect(last).toMatchObject({ type: 'job', job: { status: 'completed' } })
    expect(await events.next()).toEqual({ done: true, value: undefined })
    const again = line.client.events(job.jobId, { lastEventId: last.id })
    expect(await again.next()).toEqual({ done: true, value: undefined })
  })

  test('are refused for a job that there is not', async () => {
    expect(await failureOf(next(new Line().client.events(NO_JOB)))).toMatchObject({ status: 404, code: 'unknown_job' })
  })
})
