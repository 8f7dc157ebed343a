import { Button, Loader } from '@mantine/core'
import { BackbeatApiError } from 'backbeat/client'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { isStoreFault, messageOf } from '../api/client.ts'

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  )
}

export function Loading() {
  const { t } = useTranslation()
  return (
    <div className="empty" role="status" aria-label={t('loading')}>
      <Loader size="sm" color="gray" />
    </div>
  )
}

/** What needs a permission that somebody has not. */
export function Forbidden({
  permission = 'background_tasks.view',
  message,
}: {
  permission?: string
  message?: string
}) {
  const { t } = useTranslation()
  return <Empty title={t('state.forbidden')}>{message ?? t('state.forbiddenHint', { permission })}</Empty>
}

/** Why something cannot be shown: nobody may, nobody answers, or the server says what is wrong. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation()
  if (error instanceof BackbeatApiError && error.status === 403) return <Forbidden message={error.message} />
  const isAnswer = error instanceof BackbeatApiError
  const title = isStoreFault(error) ? 'outage.store' : isAnswer ? 'state.error' : 'state.disconnected'
  return (
    <Empty title={t(title)}>
      <span>{isAnswer ? messageOf(error) : t('state.disconnectedHint')}</span>
      {onRetry && (
        <Button variant="default" mt="xs" onClick={onRetry}>
          {t('state.again')}
        </Button>
      )}
    </Empty>
  )
}
