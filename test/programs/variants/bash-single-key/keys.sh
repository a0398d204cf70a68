#!/bin/bash
read -rsn1 -p "y/n? " k; echo; [ "$k" = y ] || exit 1
echo "sure (q to quit)"
while read -rsn1 k; do
  [ "$k" != q ] || exit 0
  if [ "$k" = $'\e' ]; then read -rsn2 k; [ "$k" = '[A' ] && echo "up was pressed"; else echo "stray key <$k>"; exit 2; fi
done
