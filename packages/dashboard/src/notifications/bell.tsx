import { ActionIcon, Button, Popover, Title } from '@mantine/core'
import { IconBell } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { NotificationList } from './notification-list.tsx'
import { useLatestNotifications, useNotificationActions } from './use-notifications.ts'

/** More than this is many. */
const MOST = 99

/** How many notifications are unread, and below it the latest of them. */
export function Bell() {
  const { t, i18n } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const { data } = useLatestNotifications()
  const actions = useNotificationActions()
  const { items = [], unread_count: unread = 0 } = data ?? {}
  const number = new Intl.NumberFormat(i18n.language)
  const shown = unread > MOST ? `${MOST}+` : number.format(unread)
  const label = unread === 0 ? t('notifications.noneUnread') : t('notifications.unreadCount', { count: unread })
  const close = () => setOpen(false)
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      width="min(400px, calc(100vw - 16px))"
      shadow="md"
      transitionProps={{ duration: 0 }}
      trapFocus
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={label}
          title={label}
          className="bell"
          onClick={() => setOpen(!isOpen)}
        >
          <IconBell size={17} />
          {unread > 0 && (
            <span className="bell-count" aria-hidden="true">
              {shown}
            </span>
          )}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label={t('pages.notifications')}>
        <div className="bell-head">
          <Title order={2}>{t('pages.notifications')}</Title>
          {unread > 0 && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => actions.readAll(items)}>
              {t('notifications.readAll')}
            </Button>
          )}
        </div>
        {items.length === 0 ? (
          <p className="bell-none">{t('notifications.none')}</p>
        ) : (
          <div className="bell-list">
            <NotificationList items={items} actions={actions} onLeave={close} isBrief />
          </div>
        )}
        <Link to="/notifications" className="bell-all" onClick={close}>
          {t('notifications.all')}
        </Link>
      </Popover.Dropdown>
    </Popover>
  )
}
