import { say } from '../../core/language/say.ts';

/**
 * How VirtualBox makes the network of its template, and the machines get on it (VirtualBox manual, "Network Address
 * Translation Service"). The lines are the same for sh, PowerShell and cmd.exe.
 */
export const virtualboxSteps: readonly string[] = [
  say`# The network, with a way to the SSH server of each machine (on this host, once):`,
  'VBoxManage natnetwork add --netname natnet --network "192.168.100.0/24" --enable --dhcp on',
  'VBoxManage natnetwork modify --netname natnet --port-forward-4 "ssh-vm1:tcp:[127.0.0.1]:2201:[192.168.100.4]:22"',
  'VBoxManage natnetwork modify --netname natnet --port-forward-4 "ssh-vm2:tcp:[127.0.0.1]:2202:[192.168.100.5]:22"',
  'VBoxManage natnetwork start --netname natnet',
  say`# The machines on that network (while they are off; "VBoxManage list vms" shows their names):`,
  'VBoxManage modifyvm vm1 --nic1 natnetwork --nat-network1 natnet',
  'VBoxManage modifyvm vm2 --nic1 natnetwork --nat-network1 natnet',
  say`# In each machine, once; in the other its name is vm2:`,
  'sudo apt install openssh-server',
  'sudo hostnamectl set-hostname vm1',
  say`# Your key to each machine, so that no password is needed (on this host; "ssh-keygen -t ed25519" makes one):`,
  'ssh-copy-id -p 2201 ildvm1@127.0.0.1',
  'ssh-copy-id -p 2202 ildvm2@127.0.0.1',
];
