fn main() {
    println!("started");
    let c = std::net::TcpStream::connect("127.0.0.1:9").expect("no server");
    println!("finished {:?}", c);
}
