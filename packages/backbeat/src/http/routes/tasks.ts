import { scopeOf } from '../../access/decisions.ts'
import { matchesAny } from '../../task/patterns.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { presentTask } from '../insight-presenters.ts'
import { JOBS_PATH } from '../links.ts'
import { listOf, taskSchema } from '../schemas/operations.ts'
import { problems } from '../schemas/problem.ts'
import { noQuery } from '../schemas/requests.ts'

const tasksRoute = guardedRoute(
  'background_tasks.view',
  {
    method: 'get',
    path: `${JOBS_PATH}/tasks`,
    operationId: 'listTasks',
    summary: 'Every task that the application defines, and how its jobs have been doing',
    tags: ['Tasks'],
    request: { query: noQuery },
    responses: {
      200: {
        description: 'All that one may see, by name.',
        content: { 'application/json': { schema: listOf(taskSchema).openapi('TaskList') } },
      },
      ...problems(422, 500, 503),
    },
  },
  { checksTasks: true },
)

export function addTasksRoute(app: HttpRouter, { client, links }: HttpParts): void {
  app.openapi(tasksRoute, async (c) => {
    const scope = scopeOf(c.get('principal'))
    const tasks = (await client.insights.tasks()).filter(
      ({ task }) => scope === null || matchesAny(scope.tasks, task.name),
    )
    return c.json({ items: tasks.map((insight) => presentTask(insight, links)) }, 200)
  })
}
