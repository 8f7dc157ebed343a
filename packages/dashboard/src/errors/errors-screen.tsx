import './errors.css'
import { SegmentedControl } from '@mantine/core'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useLocation, useNavigate } from '@tanstack/react-router'
import type { ErrorGroup } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS } from '../api/client.ts'
import { BulkDialog } from '../jobs/bulk-dialog.tsx'
import { Screen } from '../ui/screen.tsx'
import { useMayManage } from '../ui/session.tsx'
import { Empty } from '../ui/states.tsx'
import { Fault } from './fault.tsx'
import { ERROR_WINDOWS, type ErrorWindow } from './windows.ts'

const route = getRouteApi('/errors')

/** What fails, gathered by the fault. */
export function ErrorsScreen() {
  const { t } = useTranslation()
  const mayManage = useMayManage()
  const queries = useQueryClient()
  // A link may name a group by its fingerprint.
  const named = useLocation({ select: ({ hash }) => hash })
  const navigate = useNavigate()
  const { window = 'day' } = route.useSearch()
  const [retried, setRetried] = useState<ErrorGroup | null>(null)
  const query = useQuery({
    queryKey: ['errors', window],
    queryFn: ({ signal }) => client.errors({ window }, { signal }),
    refetchInterval: POLL_MS,
    placeholderData: keepPreviousData,
  })
  return (
    <>
      <Screen title={t('pages.errors')} query={query}>
        {({ items, is_exact, series }) =>
          items.length === 0 ? (
            <Empty title={t('errors.none')}>{t('errors.noneHint')}</Empty>
          ) : (
            <>
              <div className="faults-head">
                <span className="muted">
                  {t('errors.groups', { count: items.length })} {!is_exact && t('errors.partial')}
                </span>
                <SegmentedControl
                  size="xs"
                  value={window}
                  onChange={(value) =>
                    void navigate({ to: '/errors', search: { window: value as ErrorWindow }, replace: true })
                  }
                  aria-label={t('overview.window')}
                  data={ERROR_WINDOWS.map((value) => ({ value, label: t(`overview.${value}`) }))}
                />
              </div>
              <ul className="faults" aria-label={t('pages.errors')}>
                {items.map((group) => (
                  <Fault
                    key={group.fingerprint}
                    group={group}
                    series={series}
                    isNamed={group.fingerprint === named}
                    {...(mayManage && { onRetry: () => setRetried(group) })}
                  />
                ))}
              </ul>
            </>
          )
        }
      </Screen>
      {retried && (
        <BulkDialog
          action="retry"
          target={{ filter: { fingerprint: retried.fingerprint } }}
          onClose={() => setRetried(null)}
          onDone={() => void queries.invalidateQueries({ queryKey: ['errors'] })}
        />
      )}
    </>
  )
}
