import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import { isResting, STATUSES, type Status } from '../../job/states.ts'
import { matchesAny } from '../../task/patterns.ts'
import type { JobFilter } from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import { conditions, isNamedSo, mentionsIt } from './job-conditions.ts'
import { type JobPart, MANUAL, partsOf, RARE, RESTING, SEARCHABLE } from './job-sets.ts'
import type { JobCondition, Walk } from './job-walk.ts'
import { END, type Positions } from './list-positions.ts'
import { type IdPart, idPartOf, indexedPieces } from './search-terms.ts'
import type { Tables } from './tables.ts'
import { isPattern, restingTaskTypes } from './task-types.ts'
import { storableName } from './values.ts'
import { areFewWaiting } from './waiting-jobs.ts'

/** The jobs of more tasks than these are looked through together. */
const FEW_TASKS = 20
/** Ids that begin alike for so long were made within seconds of each other. */
const SELECTIVE_PREFIX = 8
const ACTIVE_STATUSES = STATUSES.filter((status) => !isResting(status))

type JobExpression = ExpressionBuilder<Tables, 'backbeat_jobs'>
type Conditions = (job: JobExpression) => Expression<SqlBool>[]

/** A query that is given up, and answered with `undefined`, when it takes longer than it may. */
export type Within = <Row>(
  query: { compile(): { sql: string; parameters: readonly unknown[] } },
  ms: number,
) => Promise<Row[] | undefined>

/**
 * What a filter's jobs can be found by. Where it asks for a text or a tag, they are of two kinds: those
 * that are over and have it in their error or tags, or have an id that begins with it ("indexed"), and
 * all others ("walked"). Else all are of the second kind.
 */
export class SearchPlan {
  /** Whether some of it may be indexed. */
  readonly hasIndexed: boolean
  readonly #db: Kysely<Tables>
  readonly #dialect: SqlDialect
  readonly #filter: JobFilter
  readonly #statuses: readonly Status[]
  /** What the index is asked for. */
  readonly #pieces: readonly string[]
  readonly #id: IdPart
  readonly #parts: readonly JobPart[]
  #fewWaiting: Promise<boolean> | undefined

  constructor(db: Kysely<Tables>, dialect: SqlDialect, filter: JobFilter) {
    const { status, taskType, q, tag } = filter
    this.#db = db
    this.#dialect = dialect
    this.#filter = filter
    this.#statuses = status?.length ? status : STATUSES
    this.#pieces = indexedPieces(tag === undefined ? (q ?? '') : storableName(tag))
    this.#id = idPartOf((q ?? '').toLowerCase())
    this.hasIndexed = (q !== undefined || tag !== undefined) && this.#statuses.some(isResting)
    const name = taskType === undefined || isPattern(taskType) ? undefined : storableName(taskType)
    const parts = partsOf(status?.length ? status : undefined, name !== undefined)
    this.#parts = name === undefined ? parts : parts.map((part) => withTask(part, name))
  }

  /** Where everything is that the filter may mean. Of what waits, no index is in the order of the list. */
  async parts(): Promise<readonly JobPart[]> {
    if (!this.#parts.some(({ isWaiting }) => isWaiting) || (await this.#areFewWaiting())) return this.#parts
    return [{ condition: '1 = 1', isWaiting: false }]
  }

  /** Everything that was not read yet. */
  unread({ indexed, walked }: Positions, below: string | undefined): JobCondition {
    if (!this.hasIndexed) return this.#meant((job) => this.#text(job))
    const after = (job: JobExpression, wanted: Expression<SqlBool>[], position: string | undefined) => {
      if (position === END) return []
      return [job.and(position === undefined || position === below ? wanted : [...wanted, job('id', '<', position)])]
    }
    return this.#meant((job) => [
      job.or([...after(job, this.#indexed(job), indexed), ...after(job, this.#walked(job), walked)]),
    ])
  }

  /** Where to look for what is indexed without the index. */
  get textual(): Pick<Walk, 'parts' | 'condition'> {
    // Rare outcomes and single tasks are fewer than all jobs with a text.
    const isNarrow = this.#isRare || this.#parts.some(({ of }) => of !== undefined)
    const searchable = isNarrow
      ? this.#parts.filter(({ isWaiting }) => !isWaiting)
      : [{ condition: SEARCHABLE, isWaiting: false }]
    const parts = this.#range ? [...searchable, { condition: this.#range, isWaiting: true }] : searchable
    return { parts, condition: this.#meant((job) => this.#indexed(job)) }
  }

  /**
   * What the index tells, newest first; `undefined` where it cannot tell.
   *
   * @param ask answers a query, or `undefined` where that takes too long
   */
  async byIndex(
    ask: (query: Parameters<Within>[0]) => Promise<{ id: string }[] | undefined>,
    below: string | undefined,
    enough: number,
  ): Promise<string[] | undefined> {
    if (this.#pieces.length === 0) return undefined
    const has = await this.#dialect.mentions(this.#pieces, async (one) => (await one.execute(this.#db)).rows)
    if (!has) return undefined
    const mentioned = this.#newest(has, below, enough, (job) => this.#indexed(job))
    const range = this.#range
    const inRange = range && this.#newest(sql`${sql.raw(range)}`, below, enough, () => [])
    const query = inRange ? mentioned.union(inRange) : mentioned
    const rows = await ask(query.orderBy('id', 'desc').limit(enough))
    return rows?.map(({ id }) => id)
  }

  /** Where to look for what is not indexed, and whether that is so much that what is indexed does not wait for it. */
  async beside(): Promise<Pick<Walk, 'parts' | 'condition'> & { isFarBehind: boolean }> {
    const { q, tag } = this.#filter
    const condition = this.#meant((job) => this.#walked(job))
    const isAnywhere = tag === undefined && this.#id.isInfix
    if (isAnywhere || !(await this.#areFewWaiting())) return { parts: await this.parts(), condition, isFarBehind: true }
    const active = this.#activeParts()
    if (tag !== undefined || q === undefined) return { parts: active, condition, isFarBehind: false }
    const names = (await restingTaskTypes(this.#db)).filter(
      (name) => this.#mayBe(name) && name.toLowerCase().includes(q.toLowerCase()),
    )
    const isInMany = names.length > FEW_TASKS
    const parts = isInMany ? await this.parts() : [...active, ...names.map(partOfTask)]
    return { parts, condition, isFarBehind: isInMany }
  }

  /** The parts without those of tasks and people that the filter leaves out, where an index has the others. */
  async narrowedParts(): Promise<readonly JobPart[]> {
    const { taskType, scope, triggeredBy } = this.#filter
    // The task may have few jobs in all, where not many of them ended in this way.
    if (taskType !== undefined && !isPattern(taskType) && this.#isRare) return [partOfTask(storableName(taskType))]
    const isOfPerson = triggeredBy?.startsWith('manual:') === true
    const isScoped = scope?.startedBy.startsWith('manual:') === true && taskType === undefined
    if (!isOfPerson && !isPattern(taskType) && !isScoped) return this.parts()
    if (!(await this.#areFewWaiting())) return this.parts()
    const active = this.#activeParts()
    if (isOfPerson) return [...active, partOfPerson(triggeredBy)]
    const names = (await restingTaskTypes(this.#db)).filter((name) => this.#mayBe(name))
    if (names.length > FEW_TASKS) return this.parts()
    return [...active, ...names.map(partOfTask), ...(isScoped ? [partOfPerson(scope.startedBy)] : [])]
  }

  #activeParts(): JobPart[] {
    const statuses = this.#statuses.filter((status) => !isResting(status))
    return partsOf(statuses.length === ACTIVE_STATUSES.length ? undefined : statuses, true).filter(
      ({ condition }) => condition !== RESTING,
    )
  }

  get #isRare(): boolean {
    return this.#parts.every(({ condition }) => condition.startsWith(RARE))
  }

  #areFewWaiting(): Promise<boolean> {
    this.#fewWaiting ??= areFewWaiting(this.#db)
    return this.#fewWaiting
  }

  /** Whether jobs of a task may be meant, as far as its name tells. */
  #mayBe(name: string): boolean {
    const { taskType, scope } = this.#filter
    if (taskType !== undefined) return matchesAny([taskType], name)
    return !scope?.startedBy.startsWith('manual:') || matchesAny(scope.tasks, name)
  }

  #meant(more: Conditions): JobCondition {
    return (job) => job.and([...more(job), ...this.#always(job)])
  }

  #always(job: JobExpression): Expression<SqlBool>[] {
    const status = this.#statuses.length < STATUSES.length ? [job('status', 'in', this.#statuses)] : []
    return [...conditions(job, this.#dialect, this.#filter), ...status]
  }

  #indexed(job: JobExpression): Expression<SqlBool>[] {
    const { q, tag } = this.#filter
    const isOver = sql<boolean>`${sql.raw(RESTING)}`
    if (tag !== undefined || q === undefined) return [isOver, ...this.#text(job)]
    const mentioned = job.and([isOver, mentionsIt(job, this.#dialect, q)])
    return [this.#range ? job.or([mentioned, sql<boolean>`(${sql.raw(this.#range)})`]) : mentioned]
  }

  #walked(job: JobExpression): Expression<SqlBool>[] {
    return [...this.#text(job), job.not(job.and(this.#indexed(job)))]
  }

  /** That the job has the text somewhere. */
  #text(job: JobExpression): Expression<SqlBool>[] {
    const { q } = this.#filter
    if (q === undefined) return []
    const mayBeInId = this.#id.isInfix || this.#id.range !== null
    return [job.or([isNamedSo(job, this.#dialect, q, mayBeInId), mentionsIt(job, this.#dialect, q)])]
  }

  /** The condition that an id begins with the text: made of hexadecimal digits and hyphens, and nothing else. */
  get #range(): string | null {
    const { q, tag } = this.#filter
    const { range } = this.#id
    if (tag !== undefined || q === undefined || q.length < SELECTIVE_PREFIX || !range) return null
    return `id >= '${range.lowest}' AND id <= '${range.highest}'`
  }

  #newest(found: Expression<SqlBool>, below: string | undefined, enough: number, more: Conditions) {
    // One expression, so that the rows are found by nothing else; and sorted, not walked along in order.
    const isMeant: JobCondition = (job) => {
      const older = below === undefined ? [] : [job('id', '<', below)]
      return sql<boolean>`(${job.and([...more(job), ...older, ...this.#always(job)])}) IS TRUE`
    }
    return this.#db
      .selectFrom((from) =>
        from
          .selectFrom('backbeat_jobs')
          .select('id')
          .where(found)
          .where(isMeant)
          .orderBy(this.#dialect.unordered(sql.ref('id')), 'desc')
          .limit(enough)
          .as('newest'),
      )
      .select('newest.id')
  }
}

function ofTask(value: string) {
  return { column: 'task_type', value } as const
}

/** Only the index of what rests has a task's jobs together. */
function withTask(part: JobPart, name: string): JobPart {
  return part.condition.startsWith(RESTING) ? { ...part, of: ofTask(name) } : part
}

function partOfTask(name: string): JobPart {
  return { condition: RESTING, isWaiting: false, of: ofTask(name) }
}

function partOfPerson(name: string): JobPart {
  return { condition: MANUAL, isWaiting: false, of: { column: 'triggered_by', value: storableName(name) } }
}
