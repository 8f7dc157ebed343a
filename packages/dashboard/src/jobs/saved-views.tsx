import './saved-views.css'
import { ActionIcon, Button, Group, Popover, Stack, Text, TextInput } from '@mantine/core'
import { useClipboard, useLocalStorage } from '@mantine/hooks'
import { IconBookmark, IconCheck, IconLink, IconPencil, IconTrash } from '@tabler/icons-react'
import { Link, useRouter } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { renamed, type View, viewsIn, withoutView, withView } from './views.ts'

/** Filters that were given a name, kept in this browser; their addresses can be handed on. */
export function SavedViews({ filter }: { filter: string }) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState('')
  const [views, setViews] = useLocalStorage<View[]>({
    key: 'backbeat.views',
    defaultValue: [],
    deserialize: viewsIn,
    getInitialValueInEffect: false,
  })
  const current = views.find((view) => view.filter === filter)
  const save = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() === '' || filter === '') return
    setViews(withView(views, { name, filter }))
    setName('')
  }
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={330} trapFocus shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconBookmark size={15} />}
          onClick={() => setOpen(!isOpen)}
          className="views-button"
        >
          {current?.name ?? t('views.title')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('views.title')} p="sm">
        <Stack gap="xs">
          {views.length === 0 && (
            <Text size="sm" c="dimmed">
              {t('views.none')}
            </Text>
          )}
          {views.length > 0 && (
            <ul className="views">
              {views.map((view) => (
                <SavedView
                  key={view.name}
                  view={view}
                  isCurrent={view === current}
                  onOpen={() => setOpen(false)}
                  onRename={(next) => setViews(renamed(views, view.name, next))}
                  onDelete={() => setViews(withoutView(views, view.name))}
                />
              ))}
            </ul>
          )}
          <form onSubmit={save}>
            <Group gap={6} align="flex-end" wrap="nowrap">
              <TextInput
                size="xs"
                style={{ flex: 1 }}
                label={t('views.save')}
                placeholder={filter === '' ? t('views.needsFilter') : t('views.name')}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                disabled={filter === ''}
                maxLength={60}
                autoComplete="off"
              />
              <Button type="submit" disabled={filter === '' || name.trim() === ''}>
                {t('views.submit')}
              </Button>
            </Group>
          </form>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

interface SavedViewProps {
  view: View
  isCurrent: boolean
  onOpen: () => void
  onRename: (name: string) => void
  onDelete: () => void
}

function SavedView({ view: { name, filter }, isCurrent, onOpen, onRename, onDelete }: SavedViewProps) {
  const { t } = useTranslation()
  const router = useRouter()
  const clipboard = useClipboard()
  const [next, setNext] = useState<string | null>(null)
  const rename = (event: FormEvent) => {
    event.preventDefault()
    onRename(next ?? name)
    setNext(null)
  }
  if (next !== null) {
    return (
      <li>
        <form onSubmit={rename} style={{ flex: 1 }}>
          <TextInput
            size="xs"
            aria-label={t('views.rename', { name })}
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return
              event.stopPropagation()
              setNext(null)
            }}
            onBlur={rename}
            maxLength={60}
            autoFocus
          />
        </form>
      </li>
    )
  }
  const address = router.buildLocation({ to: '/jobs', search: { filter } }).publicHref
  return (
    <li>
      <Link
        to="/jobs"
        search={{ filter }}
        onClick={onOpen}
        aria-current={isCurrent ? 'true' : undefined}
        title={filter}
      >
        {name}
      </Link>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={t('views.copy', { name })}
        onClick={() => clipboard.copy(new URL(address, location.href).href)}
      >
        {clipboard.copied ? <IconCheck size={14} /> : <IconLink size={14} />}
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={t('views.rename', { name })}
        onClick={() => setNext(name)}
      >
        <IconPencil size={14} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t('views.delete', { name })} onClick={onDelete}>
        <IconTrash size={14} />
      </ActionIcon>
    </li>
  )
}
