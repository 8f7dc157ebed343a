import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import { isResting, STATUSES, type Status } from '../../job/states.ts'
import { matchesAny } from '../../task/patterns.ts'
import type { JobFilter } from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import { conditions, isNamedSo, mentionsIt } from './job-conditions.ts'
import { type JobPart, MANUAL, partsOf, RESTING } from './job-sets.ts'
import type { JobCondition, Walk, Walked } from './job-walk.ts'
import { END, type Positions } from './list-positions.ts'
import { areFewReady } from './ready-jobs.ts'
import { type IdPart, idPartOf, indexedPieces } from './search-terms.ts'
import type { Tables } from './tables.ts'
import { isPattern, restingTaskTypes } from './task-types.ts'
import { storableName } from './values.ts'

/** The jobs of more tasks than these are looked through together. */
const FEW_TASKS = 20
/** Ids that begin alike for so long were made within seconds of each other. */
const SELECTIVE_PREFIX = 8
const ACTIVE_STATUSES = STATUSES.filter((status) => !isResting(status))

type JobExpression = ExpressionBuilder<Tables, 'backbeat_jobs'>

/** A query that is given up, and answered with `undefined`, when it takes longer than it may. */
export type Within = <Row>(
  query: { compile(): { sql: string; parameters: readonly unknown[] } },
  ms: number,
) => Promise<Row[] | undefined>

/**
 * What a filter's jobs can be found by. A text may be in a job's error or tags, which the search index
 * tells ("indexed"), or else in the name of its task or in its id ("named"): each job is one or the other.
 */
export class SearchPlan {
  /** Where everything is that the filter may mean. */
  readonly parts: readonly JobPart[]
  readonly #db: Kysely<Tables>
  readonly #dialect: SqlDialect
  readonly #filter: JobFilter
  readonly #statuses: readonly Status[]
  /** What the index is asked for. */
  readonly #pieces: readonly string[]
  /** Whether those are of the tag: then the index knows every job that the filter means. */
  readonly #isByTag: boolean
  readonly #id: IdPart

  constructor(db: Kysely<Tables>, dialect: SqlDialect, filter: JobFilter) {
    const { status, taskType, q, tag } = filter
    const ofTag = tag === undefined ? [] : indexedPieces(storableName(tag))
    this.#db = db
    this.#dialect = dialect
    this.#filter = filter
    this.#statuses = status?.length ? status : STATUSES
    this.#isByTag = ofTag.length > 0
    this.#pieces = this.#isByTag || q === undefined ? ofTag : indexedPieces(q)
    this.#id = idPartOf((q ?? '').toLowerCase())
    this.parts = partsOf(status?.length ? status : undefined, taskType !== undefined && !isPattern(taskType))
  }

  /** Everything that was not read yet. */
  unread({ indexed, walked }: Positions, below: string | undefined): JobCondition {
    const after = (job: JobExpression, condition: Expression<SqlBool>, position: string | undefined) => {
      if (position === END) return []
      return [position === undefined || position === below ? condition : job.and([condition, job('id', '<', position)])]
    }
    return (job) => {
      const always = this.#always(job)
      if (this.#filter.q === undefined || this.#isByTag) return job.and([...always, ...this.#text(job)])
      const wanted = [...after(job, this.#isIndexed(job), indexed), ...after(job, this.#isNamed(job), walked)]
      return job.and([...always, job.or(wanted)])
    }
  }

  /**
   * What the index tells, newest first; `undefined` where it cannot tell.
   *
   * @param ask answers a query, or `undefined` where that takes too long
   */
  async byIndex(
    ask: <Row>(query: Parameters<Within>[0]) => Promise<Row[] | undefined>,
    below: string | undefined,
    enough: number,
  ): Promise<Walked | undefined> {
    const pieces = this.#pieces
    if (pieces.length === 0 || below === END || !(await this.#isQuick(pieces))) return undefined
    const newest = (part: string, more: (job: JobExpression) => Expression<SqlBool>[]) =>
      this.#newest(part, below, enough, more)
    const mentioned = newest('1 = 1', (job) => [
      this.#dialect.mentions(pieces),
      ...(this.#isByTag ? this.#text(job) : [this.#mentions(job)]),
    ])
    const others = partsOf(
      this.#statuses.filter((status) => !isResting(status)),
      true,
    ).map(({ condition }) =>
      newest(condition, (job) => (this.#isByTag || !this.#id.isInfix ? this.#text(job) : [this.#isIndexed(job)])),
    )
    if (!this.#isByTag && this.#range) others.push(newest('1 = 1', (job) => [this.#isInRange(job)]))
    const query = others.reduce((union, one) => union.union(one), mentioned)
    const rows = await ask<{ id: string }>(query.orderBy('id', 'desc').limit(enough))
    if (!rows) return undefined
    const hits = rows.map(({ id }) => id)
    return { hits, position: hits.length < enough ? END : (hits.at(-1) as string) }
  }

  /** Where to look for what the index does not tell; `undefined` where it tells everything. */
  async besideIndex(): Promise<Pick<Walk, 'parts' | 'condition'> | undefined> {
    const { q } = this.#filter
    if (q === undefined || this.#isByTag) return undefined
    if (this.#id.isInfix) {
      return { parts: this.parts, condition: (job) => job.and([...this.#always(job), this.#isNamed(job)]) }
    }
    // The index has told of those that are active already.
    const condition: JobCondition = (job) =>
      job.and([...this.#always(job), this.#isNamed(job), sql<boolean>`${sql.raw(RESTING)}`])
    const names = (await restingTaskTypes(this.#db)).filter(
      (name) => this.#mayBe(name) && name.toLowerCase().includes(q.toLowerCase()),
    )
    if (names.length === 0 || this.#statuses.every((status) => !isResting(status))) return undefined
    return { parts: names.length > FEW_TASKS ? this.parts : names.map(partOfTask), condition }
  }

  /** The parts without those of tasks and people that the filter leaves out, where an index has the others. */
  async narrowedParts(): Promise<readonly JobPart[]> {
    const { taskType, scope, triggeredBy } = this.#filter
    const active = partsOf(ACTIVE_STATUSES, true)
    if (triggeredBy?.startsWith('manual:')) return [...active, partOfPerson(triggeredBy)]
    const isScoped = scope?.startedBy.startsWith('manual:') === true
    if (!isPattern(taskType) && !(isScoped && taskType === undefined)) return this.parts
    const names = (await restingTaskTypes(this.#db)).filter((name) => this.#mayBe(name))
    if (names.length > FEW_TASKS) return this.parts
    const own = isScoped && !isPattern(taskType) ? [partOfPerson(scope.startedBy)] : []
    return [...active, ...names.map(partOfTask), ...own]
  }

  /** Whether asking the index is, as far as one can tell beforehand. */
  async #isQuick(pieces: readonly string[]): Promise<boolean> {
    const question = this.#dialect.areMentionedOften(pieces)
    if (!question) return true
    const { rows } = await question.execute(this.#db)
    return rows[0]?.often === 0 && areFewReady(this.#db)
  }

  /** Whether jobs of a task may be meant, as far as its name tells. */
  #mayBe(name: string): boolean {
    const { taskType, scope } = this.#filter
    if (taskType !== undefined) return matchesAny([taskType], name)
    return !scope?.startedBy.startsWith('manual:') || matchesAny(scope.tasks, name)
  }

  #always(job: JobExpression): Expression<SqlBool>[] {
    const status = this.#statuses.length < STATUSES.length ? [job('status', 'in', this.#statuses)] : []
    return [...conditions(job, this.#dialect, this.#filter), ...status]
  }

  #text(job: JobExpression): Expression<SqlBool>[] {
    return this.#filter.q === undefined ? [] : [job.or([this.#isIndexed(job), this.#isNamed(job)])]
  }

  #mentions(job: JobExpression) {
    return mentionsIt(job, this.#dialect, this.#filter.q as string)
  }

  #isIndexed(job: JobExpression) {
    return this.#range ? job.or([this.#mentions(job), this.#isInRange(job)]) : this.#mentions(job)
  }

  #isNamed(job: JobExpression) {
    const mayBeInId = this.#id.isInfix || this.#id.range !== null
    return job.and([isNamedSo(job, this.#dialect, this.#filter.q as string, mayBeInId), job.not(this.#isIndexed(job))])
  }

  /** The ids that begin with the text. */
  get #range() {
    const { q } = this.#filter
    return q !== undefined && q.length >= SELECTIVE_PREFIX ? this.#id.range : null
  }

  #isInRange(job: JobExpression) {
    const { lowest = '', highest = '' } = this.#range ?? {}
    return job.and([job('id', '>=', lowest), job('id', '<=', highest)])
  }

  #newest(
    part: string,
    below: string | undefined,
    enough: number,
    more: (job: JobExpression) => Expression<SqlBool>[],
  ) {
    return this.#db
      .selectFrom((from) =>
        from
          .selectFrom('backbeat_jobs')
          .select('id')
          .where(sql<boolean>`${sql.raw(part)}`)
          .where((job) => job.and([...more(job), ...this.#always(job)]))
          .$if(below !== undefined, (query) => query.where('id', '<', below as string))
          // Sorted, and not walked along in this order until enough are found.
          .orderBy(this.#dialect.unordered(sql.ref('id')), 'desc')
          .limit(enough)
          .as('newest'),
      )
      .select('newest.id')
  }
}

function partOfTask(name: string): JobPart {
  return { condition: RESTING, isWaiting: false, of: { column: 'task_type', value: name } }
}

function partOfPerson(name: string): JobPart {
  return { condition: MANUAL, isWaiting: false, of: { column: 'triggered_by', value: storableName(name) } }
}
