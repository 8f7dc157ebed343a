import { Button, Checkbox, Group, SegmentedControl, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS, take } from '../api/client.ts'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { NotificationList } from './notification-list.tsx'
import { useLatestNotifications, useNotificationActions } from './use-notifications.ts'

const STEP = 50

/** All that one is told of. */
export function NotificationsScreen() {
  const { t } = useTranslation()
  const [shown, setShown] = useState<'unread' | 'all'>('unread')
  const [mine, setMine] = useState(false)
  const [count, setCount] = useState(STEP)
  const { data: latest } = useLatestNotifications()
  const actions = useNotificationActions()
  const query = useQuery({
    queryKey: ['notifications', shown, mine, count],
    // One more, to see whether there are more.
    queryFn: ({ signal }) =>
      take(client.notifications.list({ unread: shown === 'unread', mine, limit: STEP }, { signal }), count + 1),
    refetchInterval: POLL_MS,
    placeholderData: keepPreviousData,
  })
  const unread = latest?.unread_count ?? 0
  return (
    <div className="page">
      <Group justify="space-between" mb="sm" gap="sm">
        <Title order={1}>{t('pages.notifications')}</Title>
        <Group gap="sm">
          <Checkbox
            size="xs"
            label={t('notifications.mine')}
            checked={mine}
            onChange={(event) => setMine(event.currentTarget.checked)}
          />
          <SegmentedControl
            size="xs"
            value={shown}
            onChange={(value) => setShown(value as 'unread' | 'all')}
            aria-label={t('notifications.shown')}
            data={[
              { value: 'unread', label: t('notifications.unread') },
              { value: 'all', label: t('notifications.every') },
            ]}
          />
          <Button variant="default" disabled={unread === 0} onClick={() => actions.readAll(latest?.items ?? [])}>
            {t('notifications.readAll')}
          </Button>
        </Group>
      </Group>
      {query.data === undefined ? (
        query.error ? (
          <Failure error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading />
        )
      ) : query.data.length === 0 ? (
        <Nothing shown={shown} isFiltered={mine} hasAny={(latest?.items.length ?? 0) > 0} />
      ) : (
        <>
          <div className="panel">
            <NotificationList items={query.data.slice(0, count)} actions={actions} />
          </div>
          {query.data.length > count && (
            <Button variant="default" mt="sm" onClick={() => setCount(count + STEP)}>
              {t('more')}
            </Button>
          )}
        </>
      )}
    </div>
  )
}

function Nothing({ shown, isFiltered, hasAny }: { shown: 'unread' | 'all'; isFiltered: boolean; hasAny: boolean }) {
  const { t } = useTranslation()
  if (isFiltered && hasAny) return <Empty title={t('notifications.noneMine')}>{t('notifications.noneMineHint')}</Empty>
  if (shown === 'unread' && hasAny)
    return <Empty title={t('notifications.allRead')}>{t('notifications.allReadHint')}</Empty>
  return <Empty title={t('notifications.none')}>{t('notifications.noneHint')}</Empty>
}
