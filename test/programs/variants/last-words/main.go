package main

import "fmt"

func at(list []int, index int) int { return list[index] }

func main() {
	fmt.Println("started")
	fmt.Println(at([]int{1, 2}, 5), "finished")
}
