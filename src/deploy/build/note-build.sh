# Notes that a program is built: `$1`: LAB/PROGRAM; `$2`: what stands for its sources and its command. Standard input:
# what the build said, for the record of runs to come.
cd || exit 90
cat >".lab/deployed/$1/build-said" && printf '%s\n' "$2" >".lab/deployed/$1/built"
