import type { Json } from '../json.ts'
import type { AnyTask } from '../task/define.ts'
import { inputSchemaOf } from '../task/input-schema.ts'
import { TASK_PATH } from './links.ts'

type JsonObject = { [key: string]: Json }

const operations = new WeakMap<AnyTask, JsonObject>()

/** A document with an operation for each of the tasks, whose body is the task's own input. */
export function withTaskOperations(document: JsonObject, tasks: readonly AnyTask[]): JsonObject {
  const paths = document.paths as JsonObject
  const generic = (paths[TASK_PATH] as JsonObject).post as JsonObject
  const entries = tasks.map((task): [string, Json] => [pathOf(task), { post: operationOf(task, generic) }])
  return { ...document, paths: { ...Object.fromEntries(entries), ...paths } }
}

function pathOf({ name }: AnyTask): string {
  return `/api/v1/${name.replace('.', '/').replaceAll('_', '-')}`
}

function operationOf(task: AnyTask, generic: JsonObject): JsonObject {
  const known = operations.get(task)
  if (known) return known
  const { parameters = [], operationId: _, ...shared } = generic
  const operation: JsonObject = {
    ...shared,
    parameters: (parameters as JsonObject[]).filter((parameter) => parameter.in === 'query'),
    operationId: `start_${task.name.replace('.', '_')}`,
    summary: `Enqueue a job of ${task.name}`,
    ...(task.description !== '' && { description: task.description }),
    tags: [task.name.split('.', 1)[0] ?? 'Tasks'],
    requestBody: {
      description: "The task's input. No body means `{}`.",
      content: { 'application/json': { schema: inputSchemaOf(task) as JsonObject } },
    },
  }
  operations.set(task, operation)
  return operation
}
