import { BackbeatError, UnknownTaskError } from '../errors.ts'
import { type NotifiableStatus, USUALLY_NOTIFIED } from '../job/notification.ts'
import type { AnyTask } from './define.ts'

const NAME = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/
/** The API's own paths begin with it, so a task of it could not be started there. */
const RESERVED_DOMAIN = 'admin.'

/** The tasks that this process knows, by name, with the file that each came from. */
export class TaskRegistry {
  readonly #entries = new Map<string, { task: AnyTask; file: string }>()
  readonly #notifyOn: readonly NotifiableStatus[]

  /** @param notifyOn in which states jobs make a notification whose task does not say so itself */
  constructor(notifyOn: readonly NotifiableStatus[] = USUALLY_NOTIFIED) {
    this.#notifyOn = notifyOn
  }

  /**
   * @param file where the task was defined, named in errors
   * @throws BackbeatError `malformed_task_name`, `reserved_task_name`, or `duplicate_task_name` with both files
   */
  add(task: AnyTask, file: string): void {
    if (typeof task.name !== 'string' || task.name.length > 200 || !NAME.test(task.name)) {
      throw new BackbeatError(
        'malformed_task_name',
        `The task name ${JSON.stringify(task.name)} in ${file} is malformed. Name tasks <domain>.<action> in lower snake_case, such as catalog.product_import.`,
      )
    }
    if (task.name.startsWith(RESERVED_DOMAIN)) {
      throw new BackbeatError(
        'reserved_task_name',
        `The task ${task.name} in ${file} cannot be called so: /api/v1/admin is the API's own. Choose another domain, such as administration.`,
      )
    }
    const known = this.#entries.get(task.name)
    if (known?.task === task) return
    if (known) {
      throw new BackbeatError(
        'duplicate_task_name',
        `Two tasks are called ${task.name}: one in ${known.file}, one in ${file}. Rename one of them.`,
      )
    }
    this.#entries.set(task.name, { task, file })
  }

  find(name: string): AnyTask | undefined {
    return this.#entries.get(name)?.task
  }

  /** @throws UnknownTaskError */
  get(name: string): AnyTask {
    const task = this.find(name)
    if (!task) throw new UnknownTaskError(name)
    return task
  }

  /** In which states jobs of a task make a notification, also of a task that is not known here. */
  notifyOn(name: string): readonly NotifiableStatus[] {
    return this.find(name)?.notifyOn ?? this.#notifyOn
  }

  /** All tasks in the order of their names. */
  all(): AnyTask[] {
    return [...this.#entries.values()].map(({ task }) => task).sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
