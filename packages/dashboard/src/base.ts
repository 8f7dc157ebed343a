const DASHBOARD_PATH = '/admin/background-tasks'

/** Below which path the API and this page are mounted, read from where the page is. */
export const mountPath = location.pathname.slice(0, Math.max(0, location.pathname.indexOf(DASHBOARD_PATH)))

export const dashboardPath = `${mountPath}${DASHBOARD_PATH}`
