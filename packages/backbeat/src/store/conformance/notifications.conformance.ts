import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import type { ClaimedJob, Store, StoreChange } from '../store.ts'
import { aLine, leaseOf, newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function notifications(suite: Suite): void {
  const { openOne, add, claim, start, settle, job } = suite

  describe('notifications', () => {
    function listen(to: Store): StoreChange[] {
      const heard: StoreChange[] = []
      to.subscribe((change) => heard.push(change))
      return heard
    }

    test('what one does to jobs is heard', async () => {
      const heard = listen(suite.store)
      const expectHeard = (...changes: StoreChange[]) => {
        expect(heard.filter((change) => change !== 'elsewhere')).toEqual(changes)
        heard.length = 0
      }
      const waiting = await add({ runAt: suite.clock.now() + 1000 })
      expectHeard('ready')
      await suite.store.requestCancel(waiting, 'x')
      expectHeard('rested')
      const first = await start()
      expectHeard('ready', 'changed')
      await settle(first, { status: 'pending', attemptOutcome: 'released', attempt: 0 })
      expectHeard('ready')
      const [second] = await claim()
      expectHeard('changed')
      await suite.store.report([{ lease: leaseOf(first), report: { logs: [aLine('x')] } }])
      expectHeard()
      await suite.store.report([{ lease: leaseOf(second as ClaimedJob), report: { logs: [aLine('x')] } }])
      expectHeard('changed')
      await suite.store.requestCancel(first.jobId, 'x')
      expectHeard('cancel_requested')
      await settle(second as ClaimedJob, { status: 'cancelled' }, true)
      expectHeard('rested')
    })

    test('what was refused is not heard', async () => {
      const started = await start({ uniqueKey: 'k' })
      const heard = listen(suite.store)
      await suite.store.insert([newJob({ uniqueKey: 'k' })])
      await settle({ ...started, delivery: 9 }, { status: 'completed' })
      await suite.store.requestCancel(v7(), 'x')
      await expect(suite.store.insert([newJob(), newJob({ id: started.jobId })])).rejects.toThrow()
      expect(heard).toEqual([])
    })

    test('what is heard has been committed', async () => {
      const other = await openOne(suite.store.url)
      const added = newJob()
      const seen: Promise<unknown>[] = []
      suite.store.subscribe(() => seen.push(other.get(added.id)))
      await suite.store.insert([added])
      expect(await Promise.all(seen)).toMatchObject([{ id: added.id }])
    })

    test('another process is heard within a short time', async () => {
      const other = await openOne(suite.store.url)
      const heard = listen(other)
      await add()
      const hear = () => {
        suite.clock.advance(100)
        return heard
      }
      await expect.poll(hear, { interval: 5 }).toContain('elsewhere')
    })

    test('one who stops listening hears no more', async () => {
      const heard: StoreChange[] = []
      const kept = listen(suite.store)
      const stop = suite.store.subscribe((change) => heard.push(change))
      await add()
      stop()
      stop()
      await add()
      expect(heard).toEqual(['ready'])
      expect(kept).toEqual(['ready', 'ready'])
    })

    test('a listener that throws breaks neither the write nor other listeners', async () => {
      suite.store.subscribe(() => {
        throw new Error('listener fault')
      })
      const heard = listen(suite.store)
      const id = await add()
      expect(heard).toEqual(['ready'])
      expect((await job(id)).status).toBe('pending')
    })
  })
}
