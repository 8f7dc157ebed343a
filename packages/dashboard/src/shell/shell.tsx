import { ActionIcon, AppShell, Burger, Group, Menu, Text, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconUser } from '@tabler/icons-react'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { signOut } from '../api/sign-out.ts'
import { Bell } from '../notifications/bell.tsx'
import { useSession } from '../ui/session.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { ConnectionState } from './connection-state.tsx'
import { Keys } from './keys.tsx'
import { Logo } from './logo.tsx'
import { Outage } from './outage.tsx'
import { pagesFor } from './pages.ts'
import { Palette } from './palette.tsx'
import { Preferences } from './preferences.tsx'

/** What stands around every screen. */
export function Shell() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const session = useSession()
  const [isMenuOpen, menu] = useDisclosure()
  const [arePagesFound, setPalette] = useState(false)
  const [areKeysShown, setKeys] = useState(false)

  useKeys({ '?': () => setKeys(true) })
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return
      event.preventDefault()
      setPalette((isOpen) => !isOpen)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])

  return (
    <AppShell header={{ height: 48 }} navbar={{ width: 196, breakpoint: 'sm', collapsed: { mobile: !isMenuOpen } }}>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isMenuOpen} onClick={menu.toggle} hiddenFrom="sm" size="xs" aria-label={t('shell.menu')} />
            <Logo />
          </Group>
          <Group gap={10} wrap="nowrap">
            <ConnectionState />
            <UnstyledButton visibleFrom="sm" onClick={() => setPalette(true)}>
              <VisuallyHidden>{t('palette.open')}</VisuallyHidden>
              <span className="kbd" aria-hidden="true">
                ⌘K
              </span>
            </UnstyledButton>
            <Group gap={4} wrap="nowrap">
              <Bell />
              <Preferences />
              <Account />
            </Group>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" component="nav" aria-label={t('shell.navigation')}>
        {pagesFor(session).map((group) => (
          <div key={group.name} className="shell-group">
            {group.pages.map(({ to, name, icon: Icon }) => (
              <Link key={to} to={to} className="shell-link" activeOptions={{ exact: to === '/' }} onClick={menu.close}>
                <Icon size={17} stroke={1.6} />
                {t(`pages.${name}`)}
              </Link>
            ))}
          </div>
        ))}
      </AppShell.Navbar>
      <AppShell.Main>
        <Outage />
        <Outlet />
      </AppShell.Main>
      <Palette isOpen={arePagesFound} onClose={() => setPalette(false)} onGo={(to) => void navigate({ to })} />
      <Keys isOpen={areKeysShown} onClose={() => setKeys(false)} />
    </AppShell>
  )
}

function Account() {
  const { t } = useTranslation()
  const session = useSession()
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t('shell.account')}>
          <IconUser size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Text size="sm" fw={600} px="sm" pt={6}>
          {session.name}
        </Text>
        <Text size="xs" c="dimmed" px="sm" pb={6}>
          {session.kind === 'developer' ? t('shell.developer') : session.permissions.join(', ')}
        </Text>
        <Menu.Item component={Link} to="/settings">
          {t('pages.settings')}
        </Menu.Item>
        {session.can_sign_out && <Menu.Item onClick={() => void signOut()}>{t('shell.signOut')}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  )
}
