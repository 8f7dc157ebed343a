import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { flaky, type HttpHarness, JOBS, openHttp, productImport } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(() => http.store.close())

async function stuck(): Promise<string> {
  const job = await http.start()
  await http.end({ ...job, redeliveries: 5 }, { kind: 'lost', reason: 'Its worker vanished.' })
  return job.jobId
}

async function cancelled(): Promise<string> {
  const id = await http.enqueue()
  await http.client.cancel(id, 'not needed')
  return id
}

async function retrying(): Promise<string> {
  const job = await http.start(flaky)
  await http.end(job, http.failure('503', true))
  return job.jobId
}

const running = async () => (await http.start()).jobId

describe('retrying a job', () => {
  test.each([
    ['failed', () => http.failed(productImport, { shop: 'nord' })],
    ['stuck', stuck],
  ])('that is %s stores a new one and leaves the old one as it is', async (_status, make) => {
    const id = await make()
    const before = (await http.get(`${JOBS}/${id}`)).json
    const answer = await http.post(`${JOBS}/${id}/retry`)
    expect(answer.status).toBe(202)
    const { job_id } = answer.json
    expect(answer.json).toEqual({
      job_id,
      task_type: before.task_type,
      status: 'pending',
      message: `${before.task_type} is queued again.`,
      status_url: `${JOBS}/${job_id}`,
      retried_from_id: id,
    })
    expect(answer.headers.get('location')).toBe(answer.json.status_url)
    expect((await http.get(answer.json.status_url)).json).toMatchObject({
      status: 'pending',
      input: before.input,
      triggered_by: 'retry:admin',
      retried_from_id: id,
      retry_scope: 'all',
    })
    const { details: _before, ...recordBefore } = before
    const { details: _after, ...recordAfter } = (await http.get(`${JOBS}/${id}`)).json
    expect(recordAfter).toEqual(recordBefore)
  })

  test.each([
    ['pending', () => http.enqueue()],
    ['running', running],
    ['retrying', retrying],
    ['completed', () => http.completed()],
    ['completed_with_warnings', () => http.partlyFailed()],
    ['cancelled', cancelled],
  ])('that is %s is refused with the reason', async (status, make) => {
    const id = await make()
    const answer = await http.post(`${JOBS}/${id}/retry`)
    expect([answer.status, answer.json.code]).toEqual([409, 'not_retryable'])
    expect(answer.json.detail).toContain(status)
    expect(await http.stored()).toBe(1)
  })

  test('twice at once stores one job, and names it', async () => {
    const id = await http.failed()
    const [one, two] = await Promise.all([http.post(`${JOBS}/${id}/retry`), http.post(`${JOBS}/${id}/retry`)])
    const [accepted, refused] = one.status === 202 ? [one, two] : [two, one]
    expect([accepted.status, refused.status]).toEqual([202, 409])
    expect(refused.json).toMatchObject({ code: 'already_running', active_job_id: accepted.json.job_id })
    expect(await http.stored()).toBe(2)
  })

  test('takes no options', async () => {
    const id = await http.failed()
    expect((await http.post(`${JOBS}/${id}/retry?scope=all`)).status).toBe(422)
    expect((await http.post(`${JOBS}/${id}/retry`, { json: { delay: '5m' } })).json.errors[0].path).toBe('delay')
    expect(
      (await http.post(`${JOBS}/${id}/retry`, { body: '{', headers: { 'content-type': 'application/json' } })).status,
    ).toBe(400)
    expect(await http.stored()).toBe(1)
    expect((await http.post(`${JOBS}/${id}/retry`, { json: {} })).status).toBe(202)
  })
})

describe('retrying the failed items', () => {
  test('of a job that is over stores a new one for them', async () => {
    const id = await http.partlyFailed()
    const answer = await http.post(`${JOBS}/${id}/retry-failed-items`)
    expect(answer.status).toBe(202)
    expect(answer.json).toMatchObject({ retried_from_id: id, task_type: 'demo.echo', status: 'pending' })
    expect(answer.headers.get('location')).toBe(answer.json.status_url)
    expect((await http.get(answer.json.status_url)).json).toMatchObject({
      retry_scope: 'failed_items',
      retried_from_id: id,
      total_items: 1,
      processed_items: 0,
    })
  })

  test.each([
    ['has none', 'no_failed_items', () => http.failed()],
    ['is running', 'not_resting', running],
    ['is pending', 'not_resting', () => http.enqueue()],
  ])('of a job that %s is refused as %s', async (_what, code, make) => {
    const answer = await http.post(`${JOBS}/${await make()}/retry-failed-items`)
    expect([answer.status, answer.json.code]).toEqual([409, code])
    expect(await http.stored()).toBe(1)
  })
})

describe('cancelling a job', () => {
  test.each([
    ['pending', () => http.enqueue()],
    ['retrying', retrying],
  ])('that is %s cancels it at once and answers with its record', async (_status, make) => {
    const id = await make()
    const answer = await http.post(`${JOBS}/${id}/cancel`, { json: { reason: ' Order withdrawn ' } })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ id, status: 'cancelled', cancel_reason: 'Order withdrawn' })
    expect(answer.json).not.toHaveProperty('details')
  })

  test('that runs asks its worker to stop it', async () => {
    const id = await running()
    const answer = await http.post(`${JOBS}/${id}/cancel`)
    expect(answer.json).toMatchObject({
      status: 'running',
      cancel_reason: 'Cancelled by api:admin',
      cancel_requested_at: '2026-01-01T00:00:00.000Z',
    })
  })

  test.each([
    ['completed', () => http.completed()],
    ['failed', () => http.failed()],
    ['cancelled', cancelled],
  ])('that is %s is refused', async (status, make) => {
    const id = await make()
    const answer = await http.post(`${JOBS}/${id}/cancel`, { json: { reason: 'late' } })
    expect([answer.status, answer.json.code]).toEqual([409, 'not_cancellable'])
    expect((await http.client.get(id)).status).toBe(status)
  })

  test('with a body that cannot be right changes nothing', async () => {
    const id = await http.enqueue()
    const bad: [json: unknown, path: string][] = [
      [{ reason: '' }, 'reason'],
      [{ reason: 7 }, 'reason'],
      [{ reason: 'x'.repeat(2001) }, 'reason'],
      [{ resaon: 'typo' }, 'resaon'],
      [[], ''],
      [null, ''],
    ]
    for (const [json, path] of bad) {
      const answer = await http.post(`${JOBS}/${id}/cancel`, { json })
      expect([answer.status, answer.json.code, answer.json.errors[0].path]).toEqual([422, 'invalid_input', path])
    }
    const text = await http.post(`${JOBS}/${id}/cancel`, { body: 'reason=x' })
    expect(text.status).toBe(415)
    expect((await http.client.get(id)).status).toBe('pending')
  })

  test('with a reason that no database holds as it is keeps what can be kept', async () => {
    const answer = await http.post(`${JOBS}/${await http.enqueue()}/cancel`, { json: { reason: 'a\u0000b\ud800' } })
    expect([answer.status, answer.json.cancel_reason]).toEqual([200, 'a\ufffdb\ufffd'])
  })
})
