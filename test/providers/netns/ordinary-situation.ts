import type { HostSituation } from '../../../src/host/situation/host-situation.ts';

/** An ordinary user with sudo, on a host where nothing stands against machines. */
export const ordinary: HostSituation = {
  reader: { isRoot: false, hasSudo: true, isAdministrator: true },
  container: undefined,
  wsl: undefined,
  ci: undefined,
  ownsHost: false,
  hasSysAdmin: false,
  isFiltered: false,
  appArmorProfile: undefined,
  hasSELinux: false,
  hidden: [],
  amongPrograms: [],
  knowsUserNamespaces: true,
  switches: { unprivilegedClone: undefined, maxUserNamespaces: 63_000, appArmorRestricts: undefined },
  perl: '/usr/bin/perl',
  hasProfileForPerl: false,
  hasTunDevice: true,
};
