import type { Json } from '../json.ts'
import type { AnyTask } from '../task/define.ts'
import { inputSchemaOf } from '../task/input-schema.ts'
import { TASK_PATH } from './links.ts'

type JsonObject = { [key: string]: Json }

const operations = new WeakMap<AnyTask, JsonObject>()
const schemas = new WeakMap<AnyTask, JsonObject>()

/** Keywords whose value is data, and no schema. */
const DATA = ['const', 'default', 'enum', 'example', 'examples']
/** Keywords whose value holds schemas by names, which may read like keywords. */
const BY_NAME = ['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties']

/**
 * A document with an operation for each of the tasks, whose body is the task's own input. That is among
 * the components under the task's name, which no other component has, as it has a dot.
 */
export function withTaskOperations(document: JsonObject, tasks: readonly AnyTask[]): JsonObject {
  const paths = document.paths as JsonObject
  const components = document.components as JsonObject
  const generic = (paths[TASK_PATH] as JsonObject).post as JsonObject
  const entries = tasks.map((task): [string, Json] => [pathOf(task), { post: operationOf(task, generic) }])
  const inputs = Object.fromEntries(tasks.map((task): [string, Json] => [task.name, schemaOf(task)]))
  return {
    ...document,
    paths: { ...Object.fromEntries(entries), ...paths },
    components: { ...components, schemas: { ...(components.schemas as JsonObject), ...inputs } },
  }
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
    parameters: (parameters as JsonObject[]).filter((parameter) => parameter.in !== 'path'),
    // With the dot: without it a_b.c and a.b_c were the same.
    operationId: `start_${task.name}`,
    summary: `Enqueue a job of ${task.name}`,
    ...(task.description !== '' && { description: task.description }),
    tags: [task.name.split('.', 1)[0] ?? 'Tasks'],
    requestBody: {
      description: "The task's input. No body means `{}`.",
      content: { 'application/json': { schema: { $ref: componentOf(task) } } },
    },
  }
  operations.set(task, operation)
  return operation
}

function componentOf({ name }: AnyTask): string {
  return `#/components/schemas/${name}`
}

function schemaOf(task: AnyTask): JsonObject {
  const known = schemas.get(task)
  if (known) return known
  // Its own name would have its references begin there, and not at the document.
  const { $id: _, ...schema } = inputSchemaOf(task) as JsonObject
  const placed = placedAt(componentOf(task), schema) as JsonObject
  schemas.set(task, placed)
  return placed
}

/** A schema whose references to itself are right where it stands as a part of a document. */
function placedAt(place: string, schema: Json): Json {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map((entry) => placedAt(place, entry))
  const entries = Object.entries(schema).map(([key, value]): [string, Json] => {
    if (key === '$ref' && typeof value === 'string' && value.startsWith('#')) return [key, place + value.slice(1)]
    if (DATA.includes(key)) return [key, value]
    return [key, BY_NAME.includes(key) ? eachPlacedAt(place, value) : placedAt(place, value)]
  })
  return Object.fromEntries(entries)
}

function eachPlacedAt(place: string, schemas: Json): Json {
  const entries = Object.entries(schemas as JsonObject)
  return Object.fromEntries(entries.map(([name, schema]): [string, Json] => [name, placedAt(place, schema)]))
}
