import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { dashboardPath } from './base.ts'
import { JobsScreen } from './jobs/jobs-screen.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'
import { Failure } from './ui/states.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })
const getParentRoute = () => root

const routeTree = root.addChildren([
  createRoute({
    getParentRoute,
    path: '/jobs',
    component: JobsScreen,
    validateSearch: ({ filter }: Record<string, unknown>): { filter?: string } =>
      filter === undefined || filter === '' ? {} : { filter: String(filter) },
  }),
  createRoute({
    getParentRoute,
    path: '/jobs/$id',
    component: lazyRouteComponent(() => import('./job/job-screen.tsx'), 'JobScreen'),
  }),
  createRoute({
    getParentRoute,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: '/jobs' })
    },
  }),
])

export const router = createRouter({
  routeTree,
  basepath: dashboardPath,
  defaultPreload: 'intent',
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} onRetry={reset} />,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
