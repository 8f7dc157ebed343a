import type { Kysely } from 'kysely'
import type { Job } from '../../job/job.ts'
import { getJobs } from '../sql/job-records.ts'
import type { Tables } from '../sql/tables.ts'

/** Jobs may be large. */
const MAX_AT_ONCE = 100

/**
 * Reads jobs that are asked for in the same turn of the event loop in one query: whoever waits for
 * jobs asks for all of them whenever one has come to rest, and must not be in the way of the rest.
 */
export class JobReader {
  readonly #db: Kysely<Tables>
  #asked: Map<string, PromiseWithResolvers<Job | undefined>> | undefined

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  get(id: string): Promise<Job | undefined> {
    const key = id.toLowerCase()
    const asked = this.#asked ?? this.#begin()
    const answer = asked.get(key) ?? Promise.withResolvers<Job | undefined>()
    asked.set(key, answer)
    if (asked.size === MAX_AT_ONCE) this.#asked = undefined
    return answer.promise
  }

  #begin(): Map<string, PromiseWithResolvers<Job | undefined>> {
    const asked = new Map<string, PromiseWithResolvers<Job | undefined>>()
    this.#asked = asked
    setImmediate(() => {
      if (this.#asked === asked) this.#asked = undefined
      void this.#answer(asked)
    })
    return asked
  }

  async #answer(asked: Map<string, PromiseWithResolvers<Job | undefined>>): Promise<void> {
    try {
      const jobs = await getJobs(this.#db, [...asked.keys()])
      for (const [id, { resolve }] of asked) resolve(jobs.get(id))
    } catch (error) {
      for (const { reject } of asked.values()) reject(error)
    }
  }
}
