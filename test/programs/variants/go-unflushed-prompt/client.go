package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
)

func main() {
	c, err := net.Dial("tcp", "vm1:7999")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprint(out, "line> ")
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Fprint(c, line)
	out.Flush()
}
