import { ActionIcon, Tooltip, VisuallyHidden } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Notification } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { Dot, toneOf } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import type { NotificationActions } from './use-notifications.ts'

interface NotificationListProps {
  items: readonly Notification[]
  actions: NotificationActions
  /** Called when somebody follows a link in it. */
  onLeave?: () => void
  /** Without buttons, and in fewer words. */
  isBrief?: boolean
}

/** What one is told of, by reason: what is new to one is bold, and marked. */
export function NotificationList({ items, actions, onLeave, isBrief = false }: NotificationListProps) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  return (
    <ul className="notes">
      {items.map((note) => {
        const isUnread = note.unread_count > 0
        const leave = () => {
          actions.read(note)
          onLeave?.()
        }
        return (
          <li key={note.id} className="note" data-unread={isUnread}>
            <Dot tone={toneOf(note.status)} />
            <div className="note-text">
              <Link to="/jobs/$id" params={{ id: note.last_job_id }} onClick={leave} className="note-message">
                {isUnread && <VisuallyHidden>{t('notifications.new')}: </VisuallyHidden>}
                {note.message || note.error_type || t(`status.${note.status}`)}
              </Link>
              <div className="note-facts">
                <span>{t(`status.${note.status}`)}</span>
                <span className="note-task">{note.task_type}</span>
                {note.count > 1 && (
                  <span>
                    {t('notifications.jobs', { count: note.count, number: number.format(note.count) })}
                    {note.unread_count > 0 && note.unread_count < note.count && (
                      <b> {t('notifications.newOnes', { number: number.format(note.unread_count) })}</b>
                    )}
                  </span>
                )}
                {!isBrief && note.yours && (
                  <Link to="/jobs/$id" params={{ id: note.yours.last_job_id }} onClick={leave}>
                    {note.yours.count === note.count
                      ? t('notifications.allYours')
                      : t('notifications.yours', { count: note.yours.count, number: number.format(note.yours.count) })}
                  </Link>
                )}
                {!isBrief && note.count > 1 && (
                  <Link to="/jobs/$id" params={{ id: note.first_job_id }} onClick={leave}>
                    {t('notifications.first')} <Ago at={note.first_at} />
                  </Link>
                )}
                {!isBrief && <GroupLink note={note} onLeave={leave} />}
              </div>
            </div>
            <div className="note-end">
              <span className="note-when">
                <Ago at={note.last_at} />
              </span>
              {!isBrief && (
                <span className="note-actions">
                  {isUnread && (
                    <Tooltip label={t('notifications.read')}>
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        aria-label={t('notifications.read')}
                        onClick={() => actions.read(note)}
                      >
                        <IconCheck size={16} />
                      </ActionIcon>
                    </Tooltip>
                  )}
                  <Tooltip label={t('notifications.dismissHint')}>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={t('notifications.dismiss')}
                      onClick={() => actions.dismiss(note)}
                    >
                      <IconX size={16} />
                    </ActionIcon>
                  </Tooltip>
                </span>
              )}
            </div>
          </li>
        )
      })}
    </ul>
  )
}

/** To all that failed in this way; for warnings, to all jobs of the task that have some. */
function GroupLink({ note, onLeave }: { note: Notification; onLeave: () => void }) {
  const { t } = useTranslation()
  if (note.status === 'completed_with_warnings') {
    const filter = `status:completed_with_warnings task:${note.task_type}`
    return (
      <Link to="/jobs" search={{ filter }} onClick={onLeave}>
        {t('notifications.toJobs')}
      </Link>
    )
  }
  return (
    <Link to="/errors" hash={note.fingerprint} onClick={onLeave}>
      {t('notifications.toErrors')}
    </Link>
  )
}
