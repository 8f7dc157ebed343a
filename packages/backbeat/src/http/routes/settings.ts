import { backbeatVersion } from '../../version.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { JOBS_PATH } from '../links.ts'
import { settingsSchema } from '../schemas/operations.ts'
import { problems } from '../schemas/problem.ts'
import { noQuery } from '../schemas/requests.ts'
import { shownUrl } from '../shown-url.ts'

const settingsRoute = guardedRoute('background_tasks.view', {
  method: 'get',
  path: `${JOBS_PATH}/settings`,
  operationId: 'getSettings',
  summary: 'The settings that are in effect, without secrets',
  tags: ['Operations'],
  request: { query: noQuery },
  responses: {
    200: { description: 'The settings.', content: { 'application/json': { schema: settingsSchema } } },
    ...problems(422, 500),
  },
})

export function addSettingsRoute(app: HttpRouter, { store, maxBodyBytes, workerSettings }: HttpParts): void {
  app.openapi(settingsRoute, (c) =>
    c.json(
      {
        version: backbeatVersion(),
        node_version: process.version,
        store: shownUrl(store.url),
        broker: 'store',
        max_body_bytes: maxBodyBytes,
        worker: workerSettings,
      },
      200,
    ),
  )
}
