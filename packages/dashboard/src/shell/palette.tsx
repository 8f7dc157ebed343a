import { Modal, TextInput } from '@mantine/core'
import { type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../ui/session.tsx'
import { pagesFor } from './pages.ts'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Goes to a page by its name, or to a job by its id. */
export function Palette({
  isOpen,
  onClose,
  onGo,
}: {
  isOpen: boolean
  onClose: () => void
  onGo: (to: string) => void
}) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const wanted = text.trim()
  const pages = pagesFor(useSession())
    .flatMap((group) => group.pages)
    .map(({ to, name }) => ({ to: to as string, label: t(`pages.${name}`) }))
  const entries = [
    ...(ID.test(wanted) ? [{ to: `/jobs/${wanted.toLowerCase()}`, label: t('palette.job', { id: wanted }) }] : []),
    ...pages.filter(({ label }) => label.toLowerCase().includes(wanted.toLowerCase())),
    ...(wanted
      ? [{ to: `/jobs?filter=${encodeURIComponent(wanted)}`, label: t('palette.search', { text: wanted }) }]
      : []),
  ]
  const current = Math.min(chosen, entries.length - 1)

  const close = () => {
    setText('')
    setChosen(0)
    onClose()
  }
  const go = (to: string) => {
    close()
    onGo(to)
  }
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) setChosen((current + step + entries.length) % entries.length)
    else if (event.key === 'Enter' && entries[current]) go(entries[current].to)
    else return
    event.preventDefault()
  }

  return (
    <Modal.Root opened={isOpen} onClose={close} yOffset="12vh" padding={0} transitionProps={{ duration: 0 }}>
      <Modal.Overlay backgroundOpacity={0.4} />
      <Modal.Content aria-label={t('palette.open')}>
        <TextInput
          variant="unstyled"
          px="md"
          py={6}
          placeholder={t('palette.placeholder')}
          aria-label={t('palette.placeholder')}
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-entries"
          aria-activedescendant={`palette-${current}`}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setChosen(0)
          }}
          onKeyDown={press}
          ref={takeFocus}
          data-autofocus
        />
        <div
          id="palette-entries"
          role="listbox"
          aria-label={t('palette.open')}
          style={{ borderTop: '1px solid var(--bb-line)', padding: 6 }}
        >
          {entries.map(({ to, label }, index) => (
            <div
              key={to}
              id={`palette-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === current}
              className="shell-link"
              data-status={index === current ? 'active' : undefined}
              style={{ cursor: 'pointer' }}
              onPointerMove={() => setChosen(index)}
              onClick={() => go(to)}
              onKeyDown={press}
            >
              {label}
            </div>
          ))}
        </div>
      </Modal.Content>
    </Modal.Root>
  )
}

/** At once: who knows the key types on. */
function takeFocus(input: HTMLInputElement | null): void {
  input?.focus()
}
