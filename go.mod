module patina

go 1.26
